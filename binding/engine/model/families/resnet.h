// Residual networks: ResNet (He et al. 2015), ResNeXt (Xie et al. 2017), Wide ResNet (Zagoruyko and
// Komodakis 2016).
#pragma once

#include <array>
#include <cstdint>

#include "engine/model/graph.h"
#include "engine/model/variant.h"

namespace thaw::model {

struct ResNet {
  bool bottleneck;                // three convolutions a block (1x1, 3x3, 1x1), else two 3x3
  std::array<int64_t, 4> depths;  // blocks in layer1..layer4
  int64_t groups = 1;             // of the 3x3 convolution of a bottleneck
  int64_t width = 64;             // its channels a group in layer1, as if there were 64 channels
};

// The backbone: from images to layer4's feature map.
void build(Graph& graph, const ResNet& network, Variant variant);

}  // namespace thaw::model
