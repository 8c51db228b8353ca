// Builds the table of named layers in Keras' order (keras.applications.resnet: 175 rows for the
// headless ResNet-50), each row tied to the module that it stands for.
#pragma once

#include <vector>

#include "engine/model/layer.h"
#include "engine/model/modules.h"
#include "engine/model/network.h"

namespace thaw::model {

struct LayerTable {
  std::vector<Layer> layers;
  std::vector<bool*> module_flags;  // parallel to layers; null where a layer has no tensors
};

LayerTable make_layer_table(InputShape input, ConvolutionNorm& stem, std::vector<Block>& blocks,
                            std::vector<HeadModule>& head);

// Height or width after a convolution or pooling with this kernel.
int64_t convolved(int64_t size, int64_t kernel, int64_t stride, int64_t padding);

}  // namespace thaw::model
