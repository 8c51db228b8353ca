// Optimizer steps over batches of features: trained part, loss, gradients, update.
#pragma once

#include <memory>

#include "engine/session/session.h"
#include "engine/train/finite_guard.h"
#include "engine/train/metrics.h"
#include "engine/train/options.h"

namespace thaw::train {

class Step {
 public:
  // Trains what the session's network has trainable at present, by way of `trained`.
  // Throws ERR_NOTHING_TO_TRAIN, ERR_CLASS_COUNT, ERR_INVALID_ARGUMENT.
  Step(const Session& session, std::shared_ptr<const model::Program> trained,
       const TrainingOptions& training, const FitOptions& options, int64_t classes, Target target);

  // Adds a batch to the group of `accumulation_steps` of them that makes a step, and takes the step
  // when the group is complete, with every learning rate times `factor`. `batch` counts from the
  // start of
  // training; it keys dropout. `weights` of the images may be undefined. What is not finite is left
  // out, and known to guard(): a batch whose loss is not, a step whose gradients are not.
  void operator()(const at::Tensor& features, const at::Tensor& target, const at::Tensor& weights,
                  int64_t batch, double factor, Metrics& metrics);

  // Takes the step of a group that will not become complete: at the end of an epoch.
  void finish(Metrics& metrics);

  // Batches whose gradients wait for the step that they make together.
  struct Group {
    int64_t batches = 0;
    double weight = 0;    // that the gradients are still to be divided by
    StateDict gradients;  // by the parameters' names; copies on the CPU
  };
  Group group() const;
  void restore(const Group& group);

  Optimizer& optimizer() { return optimizer_; }
  FiniteGuard& guard() { return guard_; }
  // The first batch of the group that was begun last: where a run goes on that has left it out.
  int64_t group_start() const { return group_start_.batch; }
  int64_t trainable_parameters() const { return trainable_parameters_; }

 private:
  std::shared_ptr<const model::Program> trained_;
  FitOptions options_;
  Loss loss_;
  Optimizer optimizer_;
  FiniteGuard guard_;
  at::Generator dropout_;
  int64_t trainable_parameters_ = 0;
  void drop_group(Metrics& metrics);  // it counts for nothing
  void clear_group();

  // The group so far.
  struct {
    int64_t batch = 0;
    Metrics::Mark measured;
  } group_start_;
  int64_t batches_ = 0;
  double weight_ = 0;  // that its gradients are still to be divided by
  double factor_ = 1;
};

}  // namespace thaw::train
