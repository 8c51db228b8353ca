// Resizing, cropping and the random augmentations. Every random draw comes from a counter keyed by
// (seed, epoch, sample), so that results depend neither on threads nor on batch composition.
#pragma once

#include <cstdint>
#include <string>

#include "engine/data/pixels.h"
#include "engine/data/preprocessing.h"
#include "engine/torch.h"

namespace thaw::data {

enum class Augmentation {
  kNone,      // resize the shorter side, centre crop
  kFlip,      // the same, and a horizontal flip with probability 1/2
  kStandard,  // random resized crop (scale 0.08..1, ratio 3/4..4/3), flip, colour jitter
              // 0.4/0.4/0.4
};

constexpr auto names(Augmentation) {
  return std::to_array<Name<Augmentation>>({{Augmentation::kNone, "none"},
                                            {Augmentation::kFlip, "flip"},
                                            {Augmentation::kStandard, "standard"}});
}

struct DrawKey {
  uint64_t seed;
  uint64_t epoch;
  uint64_t sample;
};

// uint8 [H, W, 3] -> uint8 [height, width, 3]; antialiased bilinear, as torchvision's
// Resize(resize), CenterCrop((height, width)) on Pillow images. Where the crop would not fit
// (torchvision pads with black) the image is scaled up until it does. Throws ERR_INVALID_ARGUMENT.
at::Tensor resize_and_crop(const at::Tensor& image, const Preprocessing& preprocessing);

// The same shape, with random augmentation. Augmentation::kNone is resize_and_crop.
at::Tensor augment(const at::Tensor& image, const Preprocessing& preprocessing,
                   Augmentation augmentation, const DrawKey& key);

// The same without tensors: writes [height, width, 3] to `out`.
void augment_into(const PixelView& image, const Preprocessing& preprocessing,
                  Augmentation augmentation, const DrawKey& key, uint8_t* out);

}  // namespace thaw::data
