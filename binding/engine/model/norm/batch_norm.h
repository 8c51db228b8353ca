// A BatchNorm with what follows it, by whatever computes it here.
#pragma once

#include "engine/model/modules.h"

namespace thaw::model {

// What a BatchNorm does by its running statistics to a value that still lacks `bias` (undefined:
// none): x -> x * scale + shift. In float64, [channels]; a bias before a norm is a part of its
// mean.
struct Affine {
  at::Tensor scale, shift;
};
Affine affine(const BatchNorm& norm, const at::Tensor& bias = {});

// relu?(batch_norm(x) + residual?); a residual that is undefined is none, and one asks for `relu`.
// While training, a norm that is trained is live: it takes the batch's statistics and moves its
// own.
at::Tensor normalise(const BatchNorm& norm, const at::Tensor& x, bool training, bool relu = false,
                     const at::Tensor& residual = {});

// relu?(y + residual?), in y's memory.
at::Tensor add_relu_(at::Tensor y, bool relu, const at::Tensor& residual);

}  // namespace thaw::model
