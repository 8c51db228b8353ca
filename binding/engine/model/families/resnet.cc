#include "engine/model/families/resnet.h"

#include <string>

namespace thaw::model {
namespace {

class Builder {
 public:
  Builder(Graph& graph, const ResNet& network, Variant variant)
      : graph_(graph), network_(network), keras_(variant == Variant::kKeras) {}

  void build() {
    const int images = graph_.output();
    int x = convolution_norm({"conv1", "conv1_conv"}, {"bn1", "conv1_bn"}, images,
                             {.filters = 64, .kernel = 7, .stride = 2, .padded = "conv1_pad"});
    x = graph_.add(op::Relu{}, {"relu", "conv1_relu"}, {x});
    x = graph_.add(op::MaxPool{.kernel = 3, .stride = 2, .padding = 1, .padded = "pool1_pad"},
                   {"maxpool", "pool1_pool"}, {x});
    for (int stage = 0; stage < 4; ++stage) {
      for (int64_t index = 0; index < network_.depths[stage]; ++index) {
        // torchvision counts "layer1.0" where Keras counts "conv2_block1".
        const std::string torch = "layer" + std::to_string(stage + 1) + "." + std::to_string(index),
                          keras = "conv" + std::to_string(stage + 2) + "_block" +
                                  std::to_string(index + 1);
        x = block({torch, keras}, x, int64_t{64} << stage, stage > 0 && index == 0 ? 2 : 1);
      }
    }
  }

 private:
  // ReLU after each convolution but the last, then the sum with the shortcut and ReLU.
  int block(const Names& names, int x, int64_t planes, int64_t stride) {
    int y = x, number = 0;
    const auto step = [&](op::Convolution c) {
      const std::string n = std::to_string(++number), keras = names.keras + "_" + n;
      if (number > 1)
        y = graph_.add(op::Relu{},
                       {names.module + ".relu" + std::to_string(number - 1),
                        names.keras + "_" + std::to_string(number - 1) + "_relu", ""},
                       {y});
      y = convolution_norm({names.module + ".conv" + n, keras + "_conv"},
                           {names.module + ".bn" + n, keras + "_bn"}, y, std::move(c));
    };
    const int64_t out = network_.bottleneck ? 4 * planes : planes;
    if (network_.bottleneck) {
      const int64_t inner = planes * network_.width / 64 * network_.groups;
      // Keras has the stride in the first convolution, torchvision in the second (v1.5).
      step({.filters = inner, .kernel = 1, .stride = keras_ ? stride : 1});
      step({.filters = inner,
            .kernel = 3,
            .stride = keras_ ? 1 : stride,
            .groups = network_.groups});
      step({.filters = out, .kernel = 1});
    } else {
      step({.filters = planes, .kernel = 3, .stride = stride});
      step({.filters = out, .kernel = 3});
    }
    int shortcut = x;
    if (stride != 1 || graph_.at(x).shape.at(0) != out) {
      shortcut = convolution_norm({names.module + ".downsample.0", names.keras + "_0_conv"},
                                  {names.module + ".downsample.1", names.keras + "_0_bn"}, x,
                                  {.filters = out, .kernel = 1, .stride = stride});
    }
    const int sum =
        graph_.add(op::Add{}, {names.module + ".add", names.keras + "_add", ""}, {shortcut, y});
    return graph_.add(op::Relu{}, {names.module + ".relu", names.keras + "_out", names.module},
                      {sum});
  }

  int convolution_norm(const Names& convolution, const Names& norm, int x, op::Convolution c) {
    c.padding = c.kernel / 2;
    c.bias = c.glorot = keras_;
    const int y = graph_.add(std::move(c), convolution, {x});
    // keras.applications' ResNet and Keras' BatchNormalization, or torch.nn.BatchNorm2d's defaults.
    const op::BatchNorm torchvisions = {},
                        kerass = {.epsilon = 1.001e-5, .momentum = 0.01, .unbiased = false};
    return graph_.add(keras_ ? kerass : torchvisions, norm, {y});
  }

  Graph& graph_;
  const ResNet& network_;
  bool keras_;
};

}  // namespace

void build(Graph& graph, const ResNet& network, Variant variant) {
  Builder(graph, network, variant).build();
}

}  // namespace thaw::model
