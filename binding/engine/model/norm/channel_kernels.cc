#include "engine/model/norm/channel_kernels.h"

#include <algorithm>
#include <bit>
#include <type_traits>

// Compiled for several generations of processors; the loader takes the best that the machine has.
// Other compilers do not know the generations' names, and compile for the oldest.
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) &&                                                        \
    !defined(__SANITIZE_THREAD__) /* not ready when the loader chooses */
#if __GNUC__ >= 12
#define THAW_CLONES [[gnu::target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")]]
#endif
#endif
#ifndef THAW_CLONES
#define THAW_CLONES
#endif
// Only code that is inlined into a clone is compiled for the clone's processor.
#define THAW_INLINE [[gnu::always_inline]] inline
// Lambdas take the attribute in this spelling only.
#define THAW_LAMBDA __attribute__((always_inline))

namespace thaw::model {
namespace {

using c10::BFloat16;

THAW_INLINE float load(const float* from, int64_t i) { return from[i]; }
THAW_INLINE float load(const BFloat16* from, int64_t i) {
  return std::bit_cast<float>(uint32_t{from[i].x} << 16);
}

THAW_INLINE void store(float* to, int64_t i, float value) { to[i] = value; }
// To nearest, ties to even. A NaN would need care only if its low bits were set: those that come
// from arithmetic or from bfloat16 have none.
THAW_INLINE void store(BFloat16* to, int64_t i, float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  to[i].x = static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

// body(row, count) over blocks of rows; `count` is a constant to the compiler. Few channels are
// summed over four rows at once, since waiting for the last row's sums would take longer than the
// work; many row by row, since memory is fetched ahead only where it is walked through in order.
template <typename Body>
THAW_INLINE void by_rows(RowShape shape, const Body& body) {
  int64_t row = 0;
  if (shape.channels <= 128) {
    for (; row + 4 <= shape.rows; row += 4) body(row, std::integral_constant<int, 4>{});
  }
  for (; row < shape.rows; ++row) body(row, std::integral_constant<int, 1>{});
}

template <typename T>
THAW_INLINE void moments(const T* x, RowShape shape, const float* origin, float* sums) {
  const int64_t channels = shape.channels;
  float* squares = sums + channels;
  by_rows(shape, [=](int64_t row, auto count) THAW_LAMBDA {
    const T* from = x + row * channels;
#pragma GCC ivdep
    for (int64_t c = 0; c < channels; ++c) {
      float sum = 0, square = 0;
      for (int r = 0; r < count; ++r) {
        const float d = load(from, r * channels + c) - origin[c];
        sum += d;
        square += d * d;
      }
      sums[c] += sum;
      squares[c] += square;
    }
  });
}

template <bool kResidual, bool kRelu, typename T>
THAW_INLINE void normalise(const T* x, const T* residual, T* y, RowShape shape,
                           const Normalisation& norm) {
  const float *mean = norm.mean, *scale = norm.scale, *shift = norm.shift;
  for (int64_t row = 0; row < shape.rows; ++row) {
    const int64_t start = row * shape.channels;
#pragma GCC ivdep
    for (int64_t c = 0; c < shape.channels; ++c) {
      float value = (load(x, start + c) - mean[c]) * scale[c] + shift[c];
      if constexpr (kResidual) value += load(residual, start + c);
      if constexpr (kRelu) value = value < 0 ? 0 : value;  // keeps NaN
      store(y, start + c, value);
    }
  }
}

// What comes back through the ReLU at element `i`.
template <bool kRelu, bool kResidual, typename T>
THAW_INLINE float masked_gradient(const T* gradient, const T* y, int64_t i, float centred,
                                  float scale, float shift) {
  const float g = load(gradient, i);
  if constexpr (!kRelu) return g;
  const bool on = kResidual ? load(y, i) > 0 : centred * scale + shift > 0;
  // As bits: not every generation's compiler turns a choice between floats into vectors.
  return std::bit_cast<float>(std::bit_cast<uint32_t>(g) & (on ? ~uint32_t{0} : uint32_t{0}));
}

template <bool kRelu, bool kResidual, typename T>
THAW_INLINE void gradient_sums(const T* gradient, const T* x, const T* y, T* masked, RowShape shape,
                               const Normalisation& norm, float* sums) {
  const int64_t channels = shape.channels;
  const float *mean = norm.mean, *scale = norm.scale, *shift = norm.shift;
  float* products = sums + channels;
  by_rows(shape, [=](int64_t row, auto count) THAW_LAMBDA {
    const int64_t start = row * channels;
#pragma GCC ivdep
    for (int64_t c = 0; c < channels; ++c) {
      float sum = 0, product = 0;
      for (int r = 0; r < count; ++r) {
        const int64_t i = start + r * channels + c;
        const float centred = load(x, i) - mean[c];
        const float g =
            masked_gradient<kRelu, kResidual>(gradient, y, i, centred, scale[c], shift[c]);
        sum += g;
        product += g * centred;
        if constexpr (kResidual) store(masked, i, g);
      }
      sums[c] += sum;
      products[c] += product;
    }
  });
}

template <bool kRelu, typename T>
THAW_INLINE void input_gradient(const T* gradient, const T* x, T* dx, RowShape shape,
                                const Normalisation& norm, const float* slope,
                                const float* offset) {
  const float *mean = norm.mean, *scale = norm.scale, *shift = norm.shift;
  for (int64_t row = 0; row < shape.rows; ++row) {
    const int64_t start = row * shape.channels;
#pragma GCC ivdep
    for (int64_t c = 0; c < shape.channels; ++c) {
      const int64_t i = start + c;
      const float centred = load(x, i) - mean[c];
      const float g = masked_gradient<kRelu, false>(gradient, x, i, centred, scale[c], shift[c]);
      store(dx, i, scale[c] * g + slope[c] * centred + offset[c]);
    }
  }
}

}  // namespace

template <>
THAW_CLONES void add_moments(const float* x, RowShape shape, const float* origin, float* sums) {
  moments(x, shape, origin, sums);
}

template <>
THAW_CLONES void normalise_rows(const float* x, const float* residual, float* y, RowShape shape,
                                const Normalisation& norm) {
  if (residual) return normalise<true, true>(x, residual, y, shape, norm);
  if (norm.relu) return normalise<false, true>(x, residual, y, shape, norm);
  normalise<false, false>(x, residual, y, shape, norm);
}

template <>
THAW_CLONES void add_gradient_sums(const float* gradient, const float* x, const float* y,
                                   float* masked, RowShape shape, const Normalisation& norm,
                                   float* sums) {
  if (masked) return gradient_sums<true, true>(gradient, x, y, masked, shape, norm, sums);
  if (norm.relu) return gradient_sums<true, false>(gradient, x, y, masked, shape, norm, sums);
  gradient_sums<false, false>(gradient, x, y, masked, shape, norm, sums);
}

template <>
THAW_CLONES void gradient_rows(const float* gradient, const float* x, float* dx, RowShape shape,
                               const Normalisation& norm, const float* slope, const float* offset) {
  if (norm.relu) return input_gradient<true>(gradient, x, dx, shape, norm, slope, offset);
  input_gradient<false>(gradient, x, dx, shape, norm, slope, offset);
}

template <>
THAW_CLONES void add_moments(const BFloat16* x, RowShape shape, const float* origin, float* sums) {
  moments(x, shape, origin, sums);
}

template <>
THAW_CLONES void normalise_rows(const BFloat16* x, const BFloat16* residual, BFloat16* y,
                                RowShape shape, const Normalisation& norm) {
  if (residual) return normalise<true, true>(x, residual, y, shape, norm);
  if (norm.relu) return normalise<false, true>(x, residual, y, shape, norm);
  normalise<false, false>(x, residual, y, shape, norm);
}

template <>
THAW_CLONES void add_gradient_sums(const BFloat16* gradient, const BFloat16* x, const BFloat16* y,
                                   BFloat16* masked, RowShape shape, const Normalisation& norm,
                                   float* sums) {
  if (masked) return gradient_sums<true, true>(gradient, x, y, masked, shape, norm, sums);
  if (norm.relu) return gradient_sums<true, false>(gradient, x, y, masked, shape, norm, sums);
  gradient_sums<false, false>(gradient, x, y, masked, shape, norm, sums);
}

template <>
THAW_CLONES void gradient_rows(const BFloat16* gradient, const BFloat16* x, BFloat16* dx,
                               RowShape shape, const Normalisation& norm, const float* slope,
                               const float* offset) {
  if (norm.relu) return input_gradient<true>(gradient, x, dx, shape, norm, slope, offset);
  input_gradient<false>(gradient, x, dx, shape, norm, slope, offset);
}

THAW_CLONES void merge_sums(const float* sums, int64_t parts, int64_t count, double* total) {
  std::fill_n(total, count, 0.0);
  for (int64_t part = 0; part < parts; ++part) {
    const float* from = sums + part * count;
    for (int64_t i = 0; i < count; ++i) total[i] += from[i];
  }
}

}  // namespace thaw::model
