// One row of the layer table: what people freeze, count and print.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace thaw::model {

struct Layer {
  std::string name;  // Keras': "conv5_block3_3_conv"
  std::string torch_name =
      "";  // torchvision's: "layer4.2.conv3"; empty where torchvision has no module for it
  std::string type;  // Keras' class: "Conv2D"
  std::vector<int64_t> output_shape =
      {};        // without the batch: {height, width, channels} or {features}
  int unit = 0;  // which unit of the network it belongs to, see Network
  bool head = false;
  bool trainable = true;
  int64_t weights = 0;  // parameters that training may change
  int64_t buffers = 0;  // running statistics: never trained
};

}  // namespace thaw::model
