#include "engine/data/augment.h"

#include <algorithm>

#include "engine/data/view.h"
#include "engine/error.h"

namespace thaw::data {

namespace {

PixelView view_of(const at::Tensor& image) {
  if (image.scalar_type() != at::kByte || image.dim() != 3 || image.size(2) != 3 ||
      !image.numel() || !image.is_contiguous() || !image.is_cpu()) {
    fail("ERR_INVALID_ARGUMENT", "Expected an image of uint8 [H, W, 3] in CPU memory but received ",
         image.toString(), " ", image.sizes(), ".");
  }
  return {image.const_data_ptr<uint8_t>(), image.size(0), image.size(1), image.size(1) * 3};
}

}  // namespace

void augment_into(const PixelView& image, const Preprocessing& preprocessing,
                  Augmentation augmentation, const DrawKey& key, uint8_t* out) {
  ViewSink sink(preprocessing, augmentation, key);
  send_rows(image, 1, sink);
  sink.write(out);
}

at::Tensor augment(const at::Tensor& image, const Preprocessing& preprocessing,
                   Augmentation augmentation, const DrawKey& key) {
  const PixelView view = view_of(image);
  at::Tensor out = at::empty({preprocessing.height, preprocessing.width, 3}, at::kByte);
  augment_into(view, preprocessing, augmentation, key, out.mutable_data_ptr<uint8_t>());
  return out;
}

at::Tensor resize_and_crop(const at::Tensor& image, const Preprocessing& preprocessing) {
  return augment(image, preprocessing, Augmentation::kNone, {0, 0, 0});
}

}  // namespace thaw::data
