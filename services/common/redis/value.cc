#include "services/common/redis/value.h"

#include <charconv>

namespace kefu::redis {

const std::string& Value::str() const {
  static const std::string kEmpty;
  const auto* text = std::get_if<std::string>(&data_);
  return text == nullptr ? kEmpty : *text;
}

int64_t Value::Int() const {
  if (const auto* number = std::get_if<int64_t>(&data_)) return *number;
  int64_t number = 0;
  const std::string& text = str();
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

const Value::Array& Value::array() const {
  static const Array kEmpty;
  const auto* array = std::get_if<Array>(&data_);
  return array == nullptr ? kEmpty : *array;
}

Value::Array Value::TakeArray() && {
  auto* array = std::get_if<Array>(&data_);
  return array == nullptr ? Array() : std::move(*array);
}

const Value& Value::operator[](size_t index) const {
  static const Value kNil;
  return index < array().size() ? array()[index] : kNil;
}

const Value& Value::Field(std::string_view field) const {
  static const Value kNil;
  for (size_t i = 0; i + 1 < size(); i += 2) {
    if ((*this)[i].str() == field) return (*this)[i + 1];
  }
  return kNil;
}

}  // namespace kefu::redis
