// The table of layers: what people freeze, count and print. In the order of Keras' model.layers
// (175 rows for the headless ResNet-50).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/fields.h"
#include "engine/model/graph.h"

namespace thaw::model {

struct Layer {
  std::string name;        // Keras': "conv5_block3_3_conv"
  std::string torch_name;  // torchvision's: "layer4.2.conv3"; empty where it has no module for it
  std::string type;        // Keras' class: "Conv2D"
  std::vector<int64_t> output_shape;  // without the batch: {height, width, channels} or {features}
  int node;                           // of the graph; -1 for the padding before one
  bool head = false;
  bool trainable = true;
  int64_t weights = 0;  // parameters that training may change
  int64_t buffers = 0;  // running statistics: never trained
};

void fields(auto& visit, Of<Layer> auto& layer) {
  visit("name", layer.name);
  visit("torchName", layer.torch_name);
  visit("type", layer.type);
  visit("outputShape", layer.output_shape);
  visit("head", layer.head);
  visit("trainable", layer.trainable);
  visit("weights", layer.weights);
  visit("buffers", layer.buffers);
}

std::vector<Layer> layer_table(const Graph& graph);

}  // namespace thaw::model
