// A Redis reply as a plain value, copied out of the connection.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace kefu::redis {

class Value {
 public:
  using Array = std::vector<Value>;

  Value() = default;  // nil
  explicit Value(int64_t number) : data_(number) {}
  explicit Value(std::string text) : data_(std::move(text)) {}
  explicit Value(Array array) : data_(std::move(array)) {}

  bool is_nil() const { return std::holds_alternative<std::monostate>(data_); }
  bool is_int() const { return std::holds_alternative<int64_t>(data_); }
  bool is_string() const { return std::holds_alternative<std::string>(data_); }
  bool is_array() const { return std::holds_alternative<Array>(data_); }

  // Empty, 0 or an empty array if it is of another type; Int also reads decimal strings.
  const std::string& str() const;
  int64_t Int() const;
  const Array& array() const;
  Array TakeArray() &&;
  size_t size() const { return array().size(); }
  // Nil beyond the end.
  const Value& operator[](size_t index) const;

  // For hashes (HGETALL): the value after `field` in a flat array; nil if absent.
  const Value& Field(std::string_view field) const;

  bool operator==(const Value&) const = default;

 private:
  std::variant<std::monostate, int64_t, std::string, Array> data_;
};

}  // namespace kefu::redis
