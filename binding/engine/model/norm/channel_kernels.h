// Loops over activations in channels-last memory, [rows, channels] with rows = N * H * W: what a
// live BatchNorm with its residual and ReLU computes, forward and backward, in few passes.
//
// All arithmetic is in float32. Sums are over the rows given, to be merged by the caller; pointers
// to float are one value a channel.
#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>

namespace thaw::model {

struct RowShape {
  int64_t rows, channels;
};

// y = relu?((x - mean) * scale + shift + residual?)
struct Normalisation {
  const float *mean, *scale, *shift;
  bool relu;
};

// sums [2, channels] += sum(x - origin), sum((x - origin)^2). An origin near the mean keeps the
// variance's digits.
template <typename T>
void add_moments(const T* x, RowShape shape, const float* origin, float* sums);

// `residual` may be null; with one, `norm.relu` is set.
template <typename T>
void normalise_rows(const T* x, const T* residual, T* y, RowShape shape, const Normalisation& norm);

// sums [2, channels] += sum(g), sum(g * (x - mean)), where g is `gradient`, zero where the ReLU was
// off. With a residual, `y` is the output and g goes to `masked`; without one both are null, and
// whether the ReLU was on is computed again from x.
template <typename T>
void add_gradient_sums(const T* gradient, const T* x, const T* y, T* masked, RowShape shape,
                       const Normalisation& norm, float* sums);

// dx = scale * g + slope * (x - mean) + offset, with g as above.
template <typename T>
void gradient_rows(const T* gradient, const T* x, T* dx, RowShape shape, const Normalisation& norm,
                   const float* slope, const float* offset);

// total [count] = the sum of `parts` arrays of `count`, one behind the other, in order.
void merge_sums(const float* sums, int64_t parts, int64_t count, double* total);

}  // namespace thaw::model
