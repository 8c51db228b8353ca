// Kernels that are compiled where they run are tried before they are trusted.
#pragma once

#include "engine/model/norm/arithmetic.h"

namespace thaw::model {

// Whether `arithmetic` gives on a small batch of this type what the formulas give in float64 on the
// CPU, without libtorch's BatchNorm and without autograd: forward, backward, running statistics.
bool computes_norms(const NormArithmetic& arithmetic, at::Device device, at::ScalarType type);

}  // namespace thaw::model
