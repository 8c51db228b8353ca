// The JSON that safetensors' headers and indices need, strictly: UTF-8 strings, whole numbers of 64
// bits, fractions, no duplicate keys, bounded depth and size. A clean machine has no JSON library
// for C++.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace thaw::weights::json {

struct Value;
using Array = std::vector<Value>;
using Object = std::vector<std::pair<std::string, Value>>;  // in the text's order

struct Value {
  std::variant<std::nullptr_t, bool, int64_t, double, std::string, Array, Object> data = nullptr;

  // Null where the value is of another kind.
  const int64_t* integer() const { return std::get_if<int64_t>(&data); }
  const std::string* string() const { return std::get_if<std::string>(&data); }
  const Array* array() const { return std::get_if<Array>(&data); }
  const Object* object() const { return std::get_if<Object>(&data); }
};

// One value with white space around it. Throws ERR_WEIGHTS_FORMAT, saying where.
Value parse(std::string_view text);

// The string in quotes, with escapes. Throws ERR_WEIGHTS_FORMAT if it is no UTF-8.
std::string quote(std::string_view text);

// The member of that name, or null.
const Value* find(const Object& object, std::string_view name);

}  // namespace thaw::weights::json
