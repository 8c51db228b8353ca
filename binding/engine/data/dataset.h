// What is trained on: encoded images in files or in memory, or decoded pixels in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/torch.h"

namespace thaw::data {

// Exactly one of `paths`, `encoded`, `pixels` is filled, and at most one of `labels` and `shares`:
// neither where the classes are not known (predict).
struct Dataset {
  std::vector<std::string> paths;
  std::vector<std::vector<uint8_t>> encoded;  // whole image files
  at::Tensor pixels;            // [N, H, W, 3]: uint8 sRGB (resized and augmented like files), or
                                // float32 already preprocessed (fed to the network as it is)
  std::vector<int64_t> labels;  // class indices
  at::Tensor shares;            // [N, C] float32: each class' share of the image
  bool multi_label = false;     // `shares` say of each class by itself whether the image is of it
  std::vector<float> sample_weights;  // of an image in the loss of training; empty: all weigh 1

  int64_t size() const;
  // Of these samples: classes [n] int64, or shares [n, C].
  at::Tensor targets(const std::vector<int64_t>& samples) const;
  at::Tensor weights(const std::vector<int64_t>& samples) const;  // [n]; undefined: all weigh 1
  std::string name(int64_t sample) const;  // the path, or "image 17": what errors call it
};

}  // namespace thaw::data
