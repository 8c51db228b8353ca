// safetensors' names of element types.
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "engine/torch.h"

namespace thaw::weights {

inline constexpr std::pair<std::string_view, at::ScalarType> kSafetensorsDtypes[] = {
    {"BOOL", at::kBool},
    {"U8", at::kByte},
    {"I8", at::kChar},
    {"I16", at::kShort},
    {"U16", at::kUInt16},
    {"I32", at::kInt},
    {"U32", at::kUInt32},
    {"I64", at::kLong},
    {"U64", at::kUInt64},
    {"F16", at::kHalf},
    {"BF16", at::kBFloat16},
    {"F32", at::kFloat},
    {"F64", at::kDouble},
    {"C64", at::kComplexFloat},
    {"F8_E5M2", at::kFloat8_e5m2},
    {"F8_E4M3", at::kFloat8_e4m3fn},
};

inline std::optional<at::ScalarType> safetensors_dtype(std::string_view name) {
  for (const auto& [known, dtype] : kSafetensorsDtypes) {
    if (known == name) return dtype;
  }
  return std::nullopt;
}

// Empty for a type that the format does not have.
inline std::string_view safetensors_name(at::ScalarType dtype) {
  for (const auto& [name, known] : kSafetensorsDtypes) {
    if (known == dtype) return name;
  }
  return {};
}

}  // namespace thaw::weights
