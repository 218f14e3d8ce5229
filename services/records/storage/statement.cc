#include "services/records/storage/statement.h"

namespace kefu::records::storage {

Statement& Statement::Set(const std::string& name, std::string_view value) {
  statement_.exchange(soci::use(texts_.emplace_back(value), name));
  return *this;
}

Statement& Statement::SetNumber(const std::string& name, long long value) {
  statement_.exchange(soci::use(numbers_.emplace_back(value), name));
  return *this;
}

Statement& Statement::Get(std::string* column) {
  statement_.exchange(soci::into(*column));
  return *this;
}

long long& Statement::AddNumber() {
  long long& cell = numbers_.emplace_back(0);
  statement_.exchange(soci::into(cell));
  return cell;
}

void Statement::Prepare() {
  statement_.alloc();
  statement_.prepare(text_);
  statement_.define_and_bind();
}

void Statement::Run() {
  Prepare();
  statement_.execute(true);
}

bool Statement::Next() {
  if (!executed_) {
    Prepare();
    statement_.execute(false);
    executed_ = true;
  }
  if (!statement_.fetch()) return false;
  for (const auto& copy : copies_) copy();
  return true;
}

}  // namespace kefu::records::storage
