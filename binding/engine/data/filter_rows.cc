#include "engine/data/filter_rows.h"

#include <algorithm>
#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define THAW_SSE41 1
#endif

// x86-64 as a binary may assume it multiplies no vectors of 32-bit integers; SSE4.1, of every
// processor since 2011, does, and is asked for when the program runs.

namespace thaw::data {

namespace {

// No result needs clipping, since the weights of a pixel add up to one.
void across_plain(const uint8_t* row, const Taps& taps, uint8_t* out) {
  const int32_t* weight = taps.weights.data();
  for (int32_t first : taps.first) {
    const uint8_t* pixel = row + int64_t{first} * 3;
    int32_t red = kHalf, green = kHalf, blue = kHalf;
    for (int64_t k = 0; k < taps.width; ++k, ++weight, pixel += 3) {
      red += pixel[0] * *weight;
      green += pixel[1] * *weight;
      blue += pixel[2] * *weight;
    }
    *out++ = static_cast<uint8_t>(red >> kWeightBits);
    *out++ = static_cast<uint8_t>(green >> kWeightBits);
    *out++ = static_cast<uint8_t>(blue >> kWeightBits);
  }
}

__attribute__((always_inline)) inline void down_body(const uint8_t* rows, int64_t length,
                                                     const int32_t* weights, int64_t count,
                                                     int32_t* sums, uint8_t* out) {
  std::fill_n(sums, length, kHalf);
  for (int64_t k = 0; k < count; ++k, rows += length) {
    const int32_t weight = weights[k];
    if (weight == 0) continue;
    for (int64_t x = 0; x < length; ++x) sums[x] += rows[x] * weight;
  }
  for (int64_t x = 0; x < length; ++x) out[x] = static_cast<uint8_t>(sums[x] >> kWeightBits);
}

#ifdef THAW_SSE41

// A pixel is a vector of red, green, blue and the byte after them.
__attribute__((target("sse4.1"))) void across_sse41(const uint8_t* row, const Taps& taps,
                                                    uint8_t* out) {
  const __m128i lowest_bytes =
      _mm_setr_epi8(0, 4, 8, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
  const int32_t* weight = taps.weights.data();
  for (int32_t first : taps.first) {
    const uint8_t* pixel = row + int64_t{first} * 3;
    __m128i sum = _mm_set1_epi32(kHalf);
    for (int64_t k = 0; k < taps.width; ++k, ++weight, pixel += 3) {
      int32_t bytes;
      std::memcpy(&bytes, pixel, 4);
      const __m128i colours = _mm_cvtepu8_epi32(_mm_cvtsi32_si128(bytes));
      sum = _mm_add_epi32(sum, _mm_mullo_epi32(colours, _mm_set1_epi32(*weight)));
    }
    const __m128i result = _mm_shuffle_epi8(_mm_srai_epi32(sum, kWeightBits), lowest_bytes);
    const int32_t packed = _mm_cvtsi128_si32(result);
    std::memcpy(out, &packed, 3);
    out += 3;
  }
}

__attribute__((target("sse4.1"))) void down_sse41(const uint8_t* rows, int64_t length,
                                                  const int32_t* weights, int64_t count,
                                                  int32_t* sums, uint8_t* out) {
  down_body(rows, length, weights, count, sums, out);
}

bool has_sse41() {
  static const bool has = __builtin_cpu_supports("sse4.1");
  return has;
}

#endif

}  // namespace

void filter_across(const uint8_t* row, const Taps& taps, uint8_t* out) {
#ifdef THAW_SSE41
  if (has_sse41()) return across_sse41(row, taps, out);
#endif
  across_plain(row, taps, out);
}

void filter_down(const uint8_t* rows, int64_t length, const int32_t* weights, int64_t count,
                 int32_t* sums, uint8_t* out) {
#ifdef THAW_SSE41
  if (has_sse41()) return down_sse41(rows, length, weights, count, sums, out);
#endif
  down_body(rows, length, weights, count, sums, out);
}

}  // namespace thaw::data
