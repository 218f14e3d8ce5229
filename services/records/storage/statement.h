// One SQL statement: named parameters in, columns out. A thin hand on SOCI, which only borrows what
// it is given until the statement has run; this keeps the values, so that temporaries may be given.
//
//   Statement(sql, "UPDATE t SET n = :n WHERE k = :k").Set("n", 7).Set("k", key).Run();
//
//   Statement rows(sql, "SELECT k, n FROM t WHERE n > :n");
//   rows.Set("n", 3).Get(&key).Get(&number);
//   while (rows.Next()) …
//
// Threads: as the session. Errors: SOCI throws; Connection::Run turns that into a status. No column
// may be NULL.
#pragma once

#include <soci/soci.h>

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace kefu::records::storage {

class Statement {
 public:
  Statement(soci::session& sql, std::string text) : statement_(sql), text_(std::move(text)) {}
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& Set(const std::string& name, std::string_view value);
  template <class Number>
  requires std::is_arithmetic_v<Number> Statement& Set(const std::string& name, Number value) {
    return SetNumber(name, static_cast<long long>(value));
  }

  // Columns in their order; `column` is written by every Next and outlives the statement.
  Statement& Get(std::string* column);
  template <class Number>
  requires std::is_arithmetic_v<Number> Statement& Get(Number* column) {
    long long& cell = AddNumber();
    copies_.push_back([&cell, column] { *column = static_cast<Number>(cell); });
    return *this;
  }

  // For statements without rows.
  void Run();
  // The next row; false after the last.
  bool Next();

 private:
  Statement& SetNumber(const std::string& name, long long value);
  long long& AddNumber();
  void Prepare();

  soci::statement statement_;
  const std::string text_;
  // Never moved, since the statement points to them.
  std::deque<std::string> texts_;
  std::deque<long long> numbers_;
  std::vector<std::function<void()>> copies_;
  bool executed_ = false;
};

}  // namespace kefu::records::storage
