#include "engine/data/resample.h"

#include <cstring>

#include "engine/data/filter_rows.h"
#include "engine/data/orientation.h"

namespace thaw::data {

Resampler::Resampler(Size stored, int orientation, const Box& part, Size scaled, const Box& crop)
    : turned_(Turn(orientation).swaps_sides), length_(crop.width * 3) {
  const Turn turn(orientation);
  const Size upright = turn.upright(stored);
  across_ = triangle_taps(part.width, scaled.width, crop.left, crop.width);
  down_ = triangle_taps(part.height, scaled.height, crop.top, crop.height);
  across_.move(part.left);
  down_.move(part.top);
  if (turned_ ? turn.flips_rows : turn.flips_columns) across_.mirror(upright.width);
  if (turned_ ? turn.flips_columns : turn.flips_rows) down_.mirror(upright.height);

  const Taps& rows = turned_ ? across_ : down_;
  const Taps& columns = turned_ ? down_ : across_;
  needed_ = {rows.begin(), columns.begin(), rows.end() - rows.begin(),
             columns.end() - columns.begin()};
  across_.move(-across_.begin());
  down_.move(-down_.begin());

  narrow_.resize(static_cast<size_t>(down_.end() * length_));
  sums_.resize(static_cast<size_t>(std::max(length_, needed_.width * 3)));
  if (!turned_) return;
  column_.resize(static_cast<size_t>(needed_.width * 3));
  window_.resize(static_cast<size_t>(2 * across_.width) * column_.size());
  if (across_.first.front() > across_.first.back()) {
    next_ = crop.width - 1;
    step_ = -1;
  }
}

void Resampler::row(int64_t y, const uint8_t* rgb) {
  y -= needed_.top;
  if (y < 0 || y >= needed_.height) return;
  if (turned_) {
    add_column(y, rgb);
  } else {
    filter_across(rgb, across_, narrow_.data() + y * length_);
  }
}

// A stored row is an upright column: what is across for the result is down here.
void Resampler::add_column(int64_t y, const uint8_t* rgb) {
  const auto size = static_cast<int64_t>(column_.size());
  const int64_t width = across_.width;
  if (held_ == 2 * width) {
    std::memmove(window_.data(), window_.data() + (width + 1) * size, (width - 1) * size);
    held_ = width - 1;
  }
  std::memcpy(window_.data() + held_++ * size, rgb, size);
  const auto outputs = static_cast<int64_t>(across_.first.size());
  for (; next_ >= 0 && next_ < outputs && across_.first[next_] + width - 1 == y; next_ += step_) {
    filter_down(window_.data() + (held_ - width) * size, size, across_.of(next_), width,
                sums_.data(), column_.data());
    uint8_t* to = narrow_.data() + next_ * 3;
    for (int64_t x = 0; x < size; x += 3, to += length_) std::memcpy(to, column_.data() + x, 3);
  }
}

void Resampler::write(uint8_t* out) const {
  std::vector<int32_t> sums(static_cast<size_t>(length_));
  for (size_t i = 0; i < down_.first.size(); ++i, out += length_) {
    filter_down(narrow_.data() + down_.first[i] * length_, length_, down_.of(i), down_.width,
                sums.data(), out);
  }
}

}  // namespace thaw::data
