// The fields of a struct by name, said once. Beside the struct stands
//
//   void fields(auto& visit, Of<Schedule> auto& schedule) {
//     visit("kind", schedule.kind);
//     visit("warmupEpochs", schedule.warmup_epochs);
//   }
//
// and beside an enum `names()`, the list of its values' names. What reads options from JavaScript,
// what writes results there, and what tells one run from another visit these lists; names are the
// API's.
#pragma once

#include <array>
#include <concepts>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "engine/torch.h"

namespace thaw {

// `T`, constant or not: readers visit what they fill, writers what they may not change.
template <typename Self, typename T>
concept Of = std::same_as<std::remove_const_t<Self>, T>;

// What a visitor is told of a field beside its name and its value.
enum class Field {
  kPlain,
  kRequired,    // has no default
  kIncidental,  // another value leads to the same result: threads, folders
  kFixed,       // a run with another value is another run, and no change of this one
};

template <typename Enum>
using Name = std::pair<Enum, const char*>;

// In what a network computes; kUndefined: what the device is fastest in.
constexpr auto names(at::ScalarType) {
  return std::to_array<Name<at::ScalarType>>({{at::ScalarType::Undefined, "auto"},
                                              {at::ScalarType::Float, "float32"},
                                              {at::ScalarType::BFloat16, "bfloat16"}});
}

template <typename T>
concept Named = std::is_enum_v<T> && requires(T value) {
  names(value);
};

template <Named Enum>
constexpr const char* name_of(Enum value) {
  for (const auto& [known, name] : names(value)) {
    if (known == value) return name;
  }
  return "?";
}

template <Named Enum>
constexpr std::optional<Enum> value_of(std::string_view wanted) {
  for (const auto& [known, name] : names(Enum{})) {
    if (wanted == name) return known;
  }
  return std::nullopt;
}

struct AnyVisitor {
  void operator()(const char*, auto&&, Field = Field::kPlain) {}
};

// Has fields.
template <typename T>
concept Struct = requires(T& value, AnyVisitor& visit) {
  fields(visit, value);
};

}  // namespace thaw
