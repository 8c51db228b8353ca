// What a classification head may be made of, with Keras' layers and meanings.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace thaw::model {

enum class HeadKind { kGlobalAveragePooling, kFlatten, kDense, kDropout, kBatchNormalization };
enum class Activation { kLinear, kRelu, kSoftmax, kSigmoid };

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

}  // namespace thaw::model
