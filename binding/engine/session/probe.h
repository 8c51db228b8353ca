// What the features of images tell of their labels, and of one another: linear algebra alone.
#pragma once

#include <cstdint>
#include <functional>

#include "engine/torch.h"

namespace thaw::session {

// Of each row the `count` others that are nearest by the cosine of the angle between them (fewer
// where there are no more), nearest first: rows [n, count] int64, cosines [n, count] float32.
// `features`: float32 [n, d] on the CPU, each row of length 1. `step` is called now and then, and
// may throw.
struct Nearest {
  at::Tensor rows;
  at::Tensor cosines;
};
Nearest nearest_rows(const at::Tensor& features, int64_t count, const std::function<void()>& step);

// What ridge regression with an intercept, fitted without a row, says of the row: [n, targets]
// float64, for every row. Exact, without refitting: the residual over 1 - the row's leverage
// (Allen 1974). `features` [n, d] and `targets` [n, targets] on the CPU.
at::Tensor leave_one_out(const at::Tensor& features, const at::Tensor& targets, double penalty);

// The same with the penalty, of a grid, that has the smallest mean squared error this way.
at::Tensor leave_one_out(const at::Tensor& features, const at::Tensor& targets);

}  // namespace thaw::session
