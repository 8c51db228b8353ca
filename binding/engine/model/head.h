// What a classification head may be made of, with Keras' layers and meanings.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/fields.h"

namespace thaw::model {

enum class HeadKind { kGlobalAveragePooling, kFlatten, kDense, kDropout, kBatchNormalization };
enum class Activation { kLinear, kRelu, kSoftmax, kSigmoid };

constexpr auto names(HeadKind) {
  return std::to_array<Name<HeadKind>>({{HeadKind::kGlobalAveragePooling, "globalAveragePooling"},
                                        {HeadKind::kFlatten, "flatten"},
                                        {HeadKind::kDense, "dense"},
                                        {HeadKind::kDropout, "dropout"},
                                        {HeadKind::kBatchNormalization, "batchNormalization"}});
}

constexpr auto names(Activation) {
  return std::to_array<Name<Activation>>({{Activation::kLinear, "linear"},
                                          {Activation::kRelu, "relu"},
                                          {Activation::kSoftmax, "softmax"},
                                          {Activation::kSigmoid, "sigmoid"}});
}

// How dense layers are drawn: Glorot uniform and zero biases (Glorot and Bengio 2010), or weights
// and biases uniform within 1 / sqrt(in), as torch.nn.Linear.
enum class Initializer { kKeras, kPytorch };

constexpr auto names(Initializer) {
  return std::to_array<Name<Initializer>>(
      {{Initializer::kKeras, "keras"}, {Initializer::kPytorch, "pytorch"}});
}

struct HeadLayer {
  HeadKind kind;
  std::string name;                             // Keras' name of the layer ("dense_1")
  int64_t units = 0;                            // dense
  Activation activation = Activation::kLinear;  // dense
  double rate = 0;                              // dropout: the share that is set to zero
  double momentum =
      0.99;  // batch normalisation, Keras' meaning: the share of the old running statistic
  double epsilon = 1e-3;  // batch normalisation
};

void fields(auto& visit, Of<HeadLayer> auto& layer) {
  visit("kind", layer.kind, Field::kRequired);
  visit("name", layer.name, Field::kRequired);
  visit("units", layer.units);
  visit("activation", layer.activation);
  visit("rate", layer.rate);
  visit("momentum", layer.momentum);
  visit("epsilon", layer.epsilon);
}

class Graph;

// Puts the layers after the graph's last node. `unbiased`: see op::BatchNorm. Throws
// ERR_INVALID_ARGUMENT where they do not fit together, do not end with a dense layer, or end with a
// softmax over a single unit, which is always 1.
void add_head(Graph& graph, const std::vector<HeadLayer>& head, Initializer initializer,
              bool unbiased);

}  // namespace thaw::model
