// What a network is shown of an image: which part, at what size, mirrored or not, in which colours.
#pragma once

#include <optional>

#include "engine/data/augment.h"
#include "engine/data/geometry.h"
#include "engine/data/jitter.h"
#include "engine/data/resample.h"
#include "engine/data/rows.h"

namespace thaw::data {

// The part of the upright image is scaled, the crop of that is kept, then mirrored, then changed in
// its colours.
struct View {
  Box part;
  Size scaled;
  Box crop;
  bool mirrored = false;
  std::optional<Jitter> jitter;
};

// The view that `key` draws of an image of this upright size.
View draw_view(Size image, const Preprocessing& preprocessing, Augmentation augmentation,
               const DrawKey& key);

// How long the shorter side of the whole image has to be for the view to lose nothing.
int64_t needed_shorter_side(const View& view, Size image);

// The same view of the image decoded at another size.
View at_size(View view, Size image, Size decoded);

// Makes a view from the rows of an image.
class ViewSink : public RowSink {
 public:
  ViewSink(const Preprocessing& preprocessing, Augmentation augmentation, const DrawKey& key)
      : preprocessing_(preprocessing), augmentation_(augmentation), key_(key) {}

  int reduction(Size upright) override;
  Box begin(Size stored, int orientation) override;
  void row(int64_t y, const uint8_t* rgb) override { resampler_->row(y, rgb); }
  void damaged(const std::string& reason) override { damage_ = reason; }

  // Writes [crop.height, crop.width, 3], once all rows were there.
  void write(uint8_t* out) const;

  const std::string& damage() const { return damage_; }  // empty: none

 private:
  const Preprocessing& preprocessing_;
  const Augmentation augmentation_;
  const DrawKey key_;
  std::optional<Size> whole_;  // of which `view_` is
  View view_;
  std::optional<Resampler> resampler_;
  std::string damage_;
};

}  // namespace thaw::data
