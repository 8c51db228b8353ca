// The training step on batches of one size as a recording: forward, loss, backward, update and
// metric sums are started with one call instead of some hundred.
#pragma once

#include <memory>

#include "engine/device/backend.h"
#include "engine/model/trained_part.h"
#include "engine/train/loss.h"
#include "engine/train/metrics.h"
#include "engine/train/optimizer.h"

namespace thaw::train {

class GraphedStep {
 public:
  // `loss` and `optimizer` must outlive it.
  GraphedStep(const device::Backend& backend, std::shared_ptr<const model::TrainedPart> trained,
              const Loss& loss, Optimizer& optimizer, int64_t batch_size);

  // Takes the step and adds its sums to `metrics`; false, with nothing done, where it has to be
  // taken in the ordinary way: a batch of another size, or a device that records nothing. No
  // gradients may be waiting. `dropout_seed` is the step's own; `factor` multiplies the rates.
  bool operator()(const at::Tensor& features, const at::Tensor& labels, uint64_t dropout_seed,
                  double factor, Metrics& metrics);

 private:
  void once();

  std::shared_ptr<const model::TrainedPart> trained_;
  const Loss& loss_;
  Optimizer& optimizer_;
  int64_t batch_size_;
  at::Generator dropout_;  // its own: a recording that fails may leave it unusable
  std::unique_ptr<device::Graph> graph_;
  // Where the recorded kernels read and write.
  at::Tensor features_, labels_, sums_;
};

}  // namespace thaw::train
