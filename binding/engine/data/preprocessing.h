// How an image becomes the network's input; travels with a saved model.
#pragma once

#include <array>
#include <cstdint>

#include "engine/fields.h"
#include "engine/torch.h"

namespace thaw::data {

enum class Decode {
  kExact,  // every pixel, as other libraries decode
  kFast,   // large JPEG files at a half, a quarter or an eighth of their size, where that leaves at
           // least twice the size that is wanted: other pixels, if only a little
};

constexpr auto names(Decode) {
  return std::to_array<Name<Decode>>({{Decode::kExact, "exact"}, {Decode::kFast, "fast"}});
}

struct Preprocessing {
  int64_t height = 224;  // of the network's input, pixels
  int64_t width = 224;
  // Length of the shorter side after resizing, before the centre crop (torchvision: 256 for 224).
  int64_t resize = 256;
  std::array<double, 3> mean = {0.485, 0.456, 0.406};  // RGB, of values in 0..1 (ImageNet)
  std::array<double, 3> std = {0.229, 0.224, 0.225};
  Decode decode = Decode::kExact;
};

void fields(auto& visit, Of<Preprocessing> auto& preprocessing) {
  visit("height", preprocessing.height);
  visit("width", preprocessing.width);
  visit("resize", preprocessing.resize);
  visit("mean", preprocessing.mean);
  visit("std", preprocessing.std);
  visit("decode", preprocessing.decode);
}

// uint8 [N, H, W, 3] -> normalised [N, 3, H, W] in channels-last memory of `dtype`, on images'
// device. float32 [N, H, W, 3] is taken as normalised already.
at::Tensor normalise(const at::Tensor& images, const Preprocessing& preprocessing,
                     at::ScalarType dtype);

}  // namespace thaw::data
