// Adam, AdamW and SGD with momentum on libtorch's fused kernels: one call a group, no graph.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/fields.h"
#include "engine/state_dict.h"

namespace thaw::train {

enum class OptimizerKind { kAdam, kAdamW, kSgd };

constexpr auto names(OptimizerKind) {
  return std::to_array<Name<OptimizerKind>>({{OptimizerKind::kAdam, "adam"},
                                             {OptimizerKind::kAdamW, "adamw"},
                                             {OptimizerKind::kSgd, "sgd"}});
}

struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::kAdam;
  double learning_rate = 1e-3;
  double weight_decay = 0;  // Adam, SGD: added to the gradient (L2); AdamW: decoupled
  double beta1 = 0.9, beta2 = 0.999;
  double epsilon = 1e-7;  // added to the root of the bias-corrected second moment (PyTorch's place)
  // Adam without decoupled decay: epsilon is added to the root of the moment as it is, Kingma and
  // Ba's "epsilon hat" (2014, end of section 2), which is Keras' place.
  bool epsilon_hat = false;
  double momentum = 0;    // SGD
  bool nesterov = false;  // SGD
};

void fields(auto& visit, Of<OptimizerOptions> auto& options) {
  visit("kind", options.kind, Field::kFixed);
  visit("learningRate", options.learning_rate);
  visit("weightDecay", options.weight_decay);
  visit("beta1", options.beta1);
  visit("beta2", options.beta2);
  visit("epsilon", options.epsilon);
  visit("epsilonHat", options.epsilon_hat);
  visit("momentum", options.momentum);
  visit("nesterov", options.nesterov);
}

struct ParameterGroup {
  StateDict parameters;  // leaf tensors that require gradients
  double learning_rate;
  double weight_decay;
};

class Optimizer {
 public:
  Optimizer(const OptimizerOptions& options, std::vector<ParameterGroup> groups);

  // One update from the gradients, with every group's learning rate times `factor`. None where
  // `skip` is defined and holds 1: a float32 scalar on the device, which is not waited for.
  void step(double factor, const at::Tensor& skip = {});

  void zero_gradients();

  std::vector<at::Tensor> gradients() const;
  // The same by the parameters' names; and back, copied.
  StateDict named_gradients() const;
  void set_gradients(const StateDict& gradients);
  // The largest of the groups'.
  double learning_rate() const;

  // Moments and step counts by "<parameter>.<slot>": the tensors themselves.
  StateDict state() const;
  // Takes what state() gave, sharing tensors where it can. Of an optimizer of another kind or with
  // other parameters, what fits is taken.
  void adopt(const StateDict& state);
  // As adopt(), but throws ERR_CHECKPOINT_MISMATCH where a tensor is missing or has another shape.
  void load_state(const StateDict& state);

 private:
  struct Slot {
    std::string name;
    at::Tensor parameter;
    at::Tensor first;   // Adam: mean of the gradient; SGD: momentum buffer
    at::Tensor second;  // Adam: mean of its square
    at::Tensor steps;   // Adam: float32 scalar
  };
  struct Group {
    std::vector<Slot> slots;
    double learning_rate;
    double weight_decay;
  };

  void restore(const StateDict& state, bool all);
  void update_adam(Group& group, double rate, const std::optional<at::Tensor>& skip);
  void update_sgd(Group& group, double rate, const std::optional<at::Tensor>& skip);

  OptimizerOptions options_;
  std::vector<Group> groups_;
  double steps_ = 0;
  at::Tensor corrected_;  // for epsilon_hat: a count of steps so large that it corrects nothing
};

// Scales the gradients so that their common 2-norm is at most `limit` (Pascanu et al. 2013).
void clip_gradients(const std::vector<at::Tensor>& gradients, double limit);

}  // namespace thaw::train
