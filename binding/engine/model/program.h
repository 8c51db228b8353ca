// What runs: a part of a network's graph, lowered to steps. A convolution with the norm, the sum
// and the ReLU that follow it is one step (kernels/choose.h); every other node is one by itself.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "engine/device/kernels.h"
#include "engine/model/network.h"

namespace thaw::model {

class Program {
 public:
  // The part's input -> its output, [N, ...]; channels-last where there are four axes.
  at::Tensor forward(const at::Tensor& x, const Mode& mode = {}) const;

  bool empty() const { return steps_.empty(); }

 private:
  friend class Lowering;

  struct Step {
    std::function<at::Tensor(const std::vector<at::Tensor>& inputs, const Mode& mode)> run;
    std::vector<int> inputs;    // places of values
    std::vector<int> released;  // the places that no later step reads
    bool writes_residual;       // may write over its last input
  };

  std::vector<Step> steps_;  // each leaves its result in the place after those before; 0: the input
};

// The nodes after `from` up to `to` for inference alone: all that decides them is copied and
// prepared, and later changes of the network do not show. Records no gradients.
std::unique_ptr<const Program> lower_for_inference(const Network& network, int from, int to,
                                                   at::ScalarType compute, device::Kernels kernels);

// The nodes after `from` to the end, over the network's own tensors: an optimizer's steps show at
// once; what is frozen among them is prepared now. Gives logits [N, classes] in float32 (before a
// final softmax or sigmoid), or the feature map of a network without a head.
std::unique_ptr<const Program> lower_for_training(const Network& network, int from,
                                                  at::ScalarType compute);

}  // namespace thaw::model
