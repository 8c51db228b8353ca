// The inner loops of resizing. Both give the same bits on every processor.
#pragma once

#include <cstdint>

#include "engine/data/taps.h"

namespace thaw::data {

// One row of RGB pixels to as many pixels as there are taps. The byte after the last pixel is read
// as well (and not used): it must be there.
void filter_across(const uint8_t* row, const Taps& taps, uint8_t* out);

// `rows` [count, length] to one row of `length` bytes; `sums` is scratch of that length.
void filter_down(const uint8_t* rows, int64_t length, const int32_t* weights, int64_t count,
                 int32_t* sums, uint8_t* out);

}  // namespace thaw::data
