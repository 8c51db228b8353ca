// What is trained on: encoded images in files or in memory, or decoded pixels in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/torch.h"

namespace thaw::data {

// Exactly one of `paths`, `encoded`, `pixels` is filled.
struct Dataset {
  std::vector<std::string> paths;
  std::vector<std::vector<uint8_t>> encoded;  // whole image files
  at::Tensor pixels;            // [N, H, W, 3]: uint8 sRGB (resized and augmented like files), or
                                // float32 already preprocessed (fed to the network as it is)
  std::vector<int64_t> labels;  // class indices; empty when unknown (predict)

  int64_t size() const;
  std::string name(int64_t sample) const;  // the path, or "image 17": what errors call it
};

}  // namespace thaw::data
