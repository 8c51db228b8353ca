#include "engine/data/view.h"

#include <algorithm>

#include "engine/data/orientation.h"

namespace thaw::data {

namespace {

constexpr double kJitterStrength = 0.4;

void mirror(uint8_t* rgb, int64_t height, int64_t width) {
  for (int64_t y = 0; y < height; ++y, rgb += width * 3) {
    for (int64_t a = 0, b = width - 1; a < b; ++a, --b) {
      std::swap_ranges(rgb + 3 * a, rgb + 3 * a + 3, rgb + 3 * b);
    }
  }
}

}  // namespace

View draw_view(Size image, const Preprocessing& preprocessing, Augmentation augmentation,
               const DrawKey& key) {
  const Size target{preprocessing.height, preprocessing.width};
  Draws draws{Purpose::kAugment, key.seed, key.epoch, key.sample};
  View view;
  if (augmentation == Augmentation::kStandard) {
    view.part = random_part(image, draws);
    view.scaled = target;
    view.crop = {0, 0, target.height, target.width};
  } else {
    view.part = {0, 0, image.height, image.width};
    view.scaled = resized(image, preprocessing.resize, target);
    view.crop = central(view.scaled, target);
  }
  if (augmentation == Augmentation::kNone) return view;
  view.mirrored = draws.bits() & 1;
  if (augmentation == Augmentation::kStandard) view.jitter = draw_jitter(kJitterStrength, draws);
  return view;
}

int64_t needed_shorter_side(const View& view, Size image) {
  // The whole image at the scale at which its part is as large as it will be.
  const auto whole = [&](int64_t wanted, int64_t side) {
    return (std::min(image.height, image.width) * wanted + side - 1) / side;
  };
  return std::max(whole(view.scaled.height, view.part.height),
                  whole(view.scaled.width, view.part.width));
}

View at_size(View view, Size image, Size decoded) {
  // Outwards to whole pixels.
  const auto move = [](int64_t& start, int64_t& length, int64_t from, int64_t to) {
    const int64_t end = ((start + length) * to + from - 1) / from;
    start = start * to / from;
    length = end - start;
  };
  move(view.part.top, view.part.height, image.height, decoded.height);
  move(view.part.left, view.part.width, image.width, decoded.width);
  return view;
}

int ViewSink::reduction(Size upright) {
  whole_ = upright;
  view_ = draw_view(upright, preprocessing_, augmentation_, key_);
  if (preprocessing_.decode == Decode::kExact) return 1;
  const int64_t shorter = std::min(upright.height, upright.width);
  for (const int reduction : {8, 4, 2}) {
    if (shorter / reduction >= 2 * needed_shorter_side(view_, upright)) return reduction;
  }
  return 1;
}

Box ViewSink::begin(Size stored, int orientation) {
  const Size decoded = Turn(orientation).upright(stored);
  // Not every decoder asks beforehand, and some images come smaller than they are.
  if (!whole_) {
    whole_ = decoded;
    view_ = draw_view(decoded, preprocessing_, augmentation_, key_);
  }
  view_ = at_size(view_, *whole_, decoded);
  resampler_.emplace(stored, orientation, view_.part, view_.scaled, view_.crop);
  return resampler_->needed();
}

void ViewSink::write(uint8_t* out) const {
  resampler_->write(out);
  if (view_.mirrored) mirror(out, view_.crop.height, view_.crop.width);
  if (view_.jitter) apply_jitter(*view_.jitter, out, view_.crop.height * view_.crop.width);
}

}  // namespace thaw::data
