#pragma once

#include "engine/fields.h"

namespace thaw::device {

// How frozen convolutions are computed: by libtorch's operators one after the other, which work on
// every device, or by a library's that also apply what follows (model/kernels/choose.h).
enum class Kernels { kPlain, kFused };

constexpr auto names(Kernels) {
  return std::to_array<Name<Kernels>>({{Kernels::kPlain, "plain"}, {Kernels::kFused, "fused"}});
}

}  // namespace thaw::device
