// JavaScript's objects <-> the engine's structs, by the structs' lists of fields. What is absent
// (undefined, null) keeps its default; what the engine does not know, or cannot take, is refused.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "engine/error.h"
#include "engine/fields.h"
#include "napi/napi.h"

namespace thaw::napi {

inline bool absent(const Napi::Value& value) { return value.IsUndefined() || value.IsNull(); }

// "Expected a number for optimizer.beta1."; with `received`: "... but received 'x'."
[[noreturn]] void refuse(const std::string& path, const std::string& expected,
                         const std::string& received = {});

Napi::Object as_object(const Napi::Value& value, const std::string& path);
Napi::Array as_array(const Napi::Value& value, const std::string& path);
// Whole and exactly representable.
int64_t as_integer(const Napi::Value& value, const std::string& path);
double as_number(const Napi::Value& value, const std::string& path);
std::string as_string(const Napi::Value& value, const std::string& path);

template <typename T>
T read(const Napi::Value& value, const std::string& path);

// Visits the fields of one object and remembers their names.
class Reader {
 public:
  // `path`: what messages put before a field's name; empty: nothing.
  Reader(const Napi::Value& value, std::string path)
      : object_(as_object(value, path)), path_(std::move(path)) {}

  template <typename T>
  void operator()(const char* name, T& field, Field kind = Field::kPlain) {
    const Napi::Value value = get(name);
    if (!absent(value)) {
      field = read<T>(value, path_of(name));
    } else if (kind == Field::kRequired) {
      refuse(path_of(name), "a value");
    }
  }

  // A field that is read by hand; undefined where it is absent.
  Napi::Value get(const char* name) {
    names_.emplace_back(name);
    return object_.Get(name);
  }

  std::string path_of(const std::string& name) const {
    return path_.empty() ? name : path_ + "." + name;
  }

  // Throws ERR_UNKNOWN_OPTION for what is there and has not been visited.
  void finish() const;

 private:
  Napi::Object object_;
  std::string path_;
  std::vector<std::string> names_;
};

namespace detail {

template <typename T>
inline constexpr bool kIsOptional = false;
template <typename T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <typename T>
inline constexpr bool kIsVector = false;
template <typename T>
inline constexpr bool kIsVector<std::vector<T>> = true;
template <typename T>
inline constexpr bool kIsArray = false;
template <typename T, size_t N>
inline constexpr bool kIsArray<std::array<T, N>> = true;

std::string one_of(const std::vector<std::string>& choices);

template <Named Enum>
Enum read_name(const Napi::Value& value, const std::string& path) {
  std::vector<std::string> choices;
  for (const auto& entry : names(Enum{})) choices.emplace_back(entry.second);
  if (!value.IsString()) refuse(path, one_of(choices));
  const std::string name = as_string(value, path);
  const std::optional<Enum> found = value_of<Enum>(name);
  if (!found) refuse(path, one_of(choices), name);
  return *found;
}

}  // namespace detail

// Throws ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION.
template <typename T>
T read(const Napi::Value& value, const std::string& path) {
  if constexpr (std::same_as<T, bool>) {
    if (!value.IsBoolean()) refuse(path, "true or false");
    return value.As<Napi::Boolean>().Value();
  } else if constexpr (Named<T>) {
    return detail::read_name<T>(value, path);
  } else if constexpr (std::integral<T>) {
    const int64_t number = as_integer(value, path);
    if (!std::in_range<T>(number)) refuse(path, "a whole number in range");
    return static_cast<T>(number);
  } else if constexpr (std::same_as<T, double>) {
    return as_number(value, path);
  } else if constexpr (std::same_as<T, std::string>) {
    return as_string(value, path);
  } else if constexpr (detail::kIsOptional<T>) {
    return read<typename T::value_type>(value, path);
  } else if constexpr (detail::kIsVector<T>) {
    const Napi::Array array = as_array(value, path);
    T result;
    result.reserve(array.Length());
    for (uint32_t i = 0; i < array.Length(); ++i) {
      const Napi::HandleScope scope(value.Env());  // listings are long
      result.push_back(
          read<typename T::value_type>(array.Get(i), path + "[" + std::to_string(i) + "]"));
    }
    return result;
  } else if constexpr (detail::kIsArray<T>) {
    const auto items = read<std::vector<typename T::value_type>>(value, path);
    T result{};
    if (items.size() != result.size()) {
      refuse(path, std::to_string(result.size()) + " values");
    }
    std::copy(items.begin(), items.end(), result.begin());
    return result;
  } else {
    static_assert(Struct<T>);
    T result{};
    Reader reader(value, path);
    fields(reader, result);
    reader.finish();
    return result;
  }
}

template <typename T>
Napi::Value write(Napi::Env env, const T& value);

// Makes an object of the fields that it visits; an empty optional is left out.
class Writer {
 public:
  explicit Writer(Napi::Env env) : object_(Napi::Object::New(env)) {}

  template <typename T>
  void operator()(const char* name, const T& field, Field = Field::kPlain) {
    if constexpr (detail::kIsOptional<T>) {
      if (field) object_.Set(name, write(object_.Env(), *field));
    } else {
      object_.Set(name, write(object_.Env(), field));
    }
  }

  Napi::Object object() const { return object_; }

 private:
  Napi::Object object_;
};

template <Struct T>
Napi::Object write_object(Napi::Env env, const T& value) {
  Writer writer(env);
  fields(writer, value);
  return writer.object();
}

template <typename T>
Napi::Value write(Napi::Env env, const T& value) {
  if constexpr (std::same_as<T, bool>) {
    return Napi::Boolean::New(env, value);
  } else if constexpr (Named<T>) {
    return Napi::String::New(env, name_of(value));
  } else if constexpr (std::integral<T> || std::floating_point<T>) {
    return Napi::Number::New(env, static_cast<double>(value));
  } else if constexpr (std::convertible_to<T, std::string>) {
    return Napi::String::New(env, value);
  } else if constexpr (Struct<const T>) {
    return write_object(env, value);
  } else {
    Napi::Array array = Napi::Array::New(env, value.size());
    uint32_t i = 0;
    for (const auto& item : value) array.Set(i++, write(env, item));
    return array;
  }
}

}  // namespace thaw::napi
