// One optimizer step over a batch of features: trained part, loss, gradients, update.
#pragma once

#include <memory>

#include "engine/train/metrics.h"
#include "engine/train/options.h"
#include "engine/train/session.h"

namespace thaw::train {

class Step {
 public:
  // Trains what the session's network has trainable at present, by way of `trained`.
  // Throws ERR_NOTHING_TO_TRAIN, ERR_INVALID_ARGUMENT.
  Step(const Session& session, std::shared_ptr<const model::Program> trained,
       const TrainingOptions& training, const FitOptions& options, int64_t classes);

  // Adds the batch's gradients; updates the parameters after every `accumulation_steps` batches and
  // when `last` of the epoch. `step` counts batches from the start of training; it keys dropout.
  // Returns the learning rate in force.
  double operator()(const at::Tensor& features, const at::Tensor& labels, int64_t step,
                    int64_t batches, bool last, Metrics& metrics);

  const Loss& loss() const { return loss_; }
  Optimizer& optimizer() { return optimizer_; }
  // Gradients wait for an update: not a place to stop at.
  bool pending() const { return pending_ > 0; }
  int64_t trainable_parameters() const { return trainable_parameters_; }

 private:
  std::shared_ptr<const model::Program> trained_;
  TrainingOptions training_;
  FitOptions options_;
  Loss loss_;
  Optimizer optimizer_;
  at::Generator dropout_;
  int64_t trainable_parameters_ = 0;
  int64_t pending_ = 0;  // batches whose gradients wait for the update
};

}  // namespace thaw::train
