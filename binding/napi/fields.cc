#include "napi/fields.h"

#include <algorithm>

namespace thaw::napi {
namespace {

constexpr double kLargestExact = 9007199254740991;  // Number.MAX_SAFE_INTEGER

}  // namespace

void refuse(const std::string& path, const std::string& expected, const std::string& received) {
  const std::string but = received.empty() ? "" : " but received '" + received + "'";
  fail("ERR_INVALID_ARGUMENT", "Expected ", expected, " for ", path.empty() ? "the options" : path,
       but, ".");
}

Napi::Object as_object(const Napi::Value& value, const std::string& path) {
  if (!value.IsObject() || value.IsArray()) refuse(path, "an object");
  return value.As<Napi::Object>();
}

Napi::Array as_array(const Napi::Value& value, const std::string& path) {
  if (!value.IsArray()) refuse(path, "an array");
  return value.As<Napi::Array>();
}

int64_t as_integer(const Napi::Value& value, const std::string& path) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;
  if (!(std::abs(number) <= kLargestExact) || number != std::trunc(number))
    refuse(path, "a whole number");
  return static_cast<int64_t>(number);
}

double as_number(const Napi::Value& value, const std::string& path) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;
  if (std::isnan(number)) refuse(path, "a number");
  return number;
}

std::string as_string(const Napi::Value& value, const std::string& path) {
  if (!value.IsString()) refuse(path, "a string");
  return value.As<Napi::String>().Utf8Value();
}

void Reader::finish() const {
  const Napi::Array keys = object_.GetPropertyNames();
  for (uint32_t i = 0; i < keys.Length(); ++i) {
    const std::string key = keys.Get(i).ToString().Utf8Value();
    if (std::find(names_.begin(), names_.end(), key) != names_.end()) continue;
    if (absent(object_.Get(key))) continue;
    fail("ERR_UNKNOWN_OPTION", "Unknown option ", path_of(key), " for the addon.");
  }
}

std::string detail::one_of(const std::vector<std::string>& choices) {
  std::string text;
  for (const std::string& choice : choices)
    text += (text.empty() ? "one of '" : ", '") + choice + "'";
  return text;
}

}  // namespace thaw::napi
