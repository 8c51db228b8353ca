#include "engine/train/optimizer.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "engine/error.h"

namespace thaw::train {

Optimizer::Optimizer(const OptimizerOptions& options, std::vector<ParameterGroup> groups)
    : options_(options) {
  for (const ParameterGroup& from : groups) {
    Group group{
        .slots = {}, .learning_rate = from.learning_rate, .weight_decay = from.weight_decay};
    for (const auto& [name, parameter] : from.parameters) {
      Slot slot{.name = name, .parameter = parameter, .first = {}, .second = {}, .steps = {}};
      // Preserved memory format: the fused kernels walk parameter, gradient and moments in one
      // order.
      const at::Tensor values = parameter.detach();
      constexpr double kForever = 1e9;
      if (options.epsilon_hat && !corrected_.defined())
        corrected_ = at::full({}, kForever, values.options().dtype(at::kFloat));
      if (options.kind != OptimizerKind::kSgd) {
        slot.first = at::zeros_like(values, at::MemoryFormat::Preserve);
        slot.second = at::zeros_like(values, at::MemoryFormat::Preserve);
        slot.steps = at::zeros({}, values.options().dtype(at::kFloat));
      } else if (options.momentum != 0) {
        slot.first = at::zeros_like(values, at::MemoryFormat::Preserve);
      }
      group.slots.push_back(std::move(slot));
    }
    groups_.push_back(std::move(group));
  }
}

void Optimizer::step(double factor, const at::Tensor& skip) {
  at::NoGradGuard no_grad;
  ++steps_;
  // Both biases are then corrected here: what the kernel would do to the second moment alone would
  // move epsilon.
  if (options_.epsilon_hat) {
    factor *=
        std::sqrt(1 - std::pow(options_.beta2, steps_)) / (1 - std::pow(options_.beta1, steps_));
  }
  const std::optional<at::Tensor> skipped = skip.defined() ? std::optional(skip) : std::nullopt;
  for (Group& group : groups_) {
    const double rate = group.learning_rate * factor;
    if (options_.kind == OptimizerKind::kSgd) {
      update_sgd(group, rate, skipped);
    } else {
      update_adam(group, rate, skipped);
    }
  }
}

void Optimizer::update_adam(Group& group, double rate, const std::optional<at::Tensor>& skip) {
  std::vector<at::Tensor> parameters, gradients, first, second, steps;
  for (Slot& slot : group.slots) {
    if (!slot.parameter.grad().defined()) continue;
    parameters.push_back(slot.parameter);
    gradients.push_back(slot.parameter.grad());
    first.push_back(slot.first);
    second.push_back(slot.second);
    steps.push_back(slot.steps);
  }
  if (parameters.empty()) return;
  if (skip) {
    at::_foreach_add_(steps, 1 - *skip);
  } else {
    at::_foreach_add_(steps, 1);
  }
  if (options_.epsilon_hat) {
    steps.assign(steps.size(), corrected_);
  }
  const auto update = [&](const auto& fused) {
    fused(parameters, gradients, first, second, std::vector<at::Tensor>{}, steps, rate,
          options_.beta1, options_.beta2, group.weight_decay, options_.epsilon, /*amsgrad=*/false,
          /*maximize=*/false, /*grad_scale=*/std::optional<at::Tensor>(), /*found_inf=*/skip);
  };
  if (options_.kind == OptimizerKind::kAdam) {
    update([](auto&&... arguments) { at::_fused_adam_(arguments...); });
  } else {
    update([](auto&&... arguments) { at::_fused_adamw_(arguments...); });
  }
}

void Optimizer::update_sgd(Group& group, double rate, const std::optional<at::Tensor>& skip) {
  std::vector<at::Tensor> parameters, gradients, momenta;
  for (Slot& slot : group.slots) {
    if (!slot.parameter.grad().defined()) continue;
    parameters.push_back(slot.parameter);
    gradients.push_back(slot.parameter.grad());
    if (slot.first.defined()) momenta.push_back(slot.first);
  }
  if (parameters.empty()) return;
  // Without dampening, a first step is a step from a momentum of zero.
  at::_fused_sgd_(parameters, gradients, momenta, group.weight_decay, options_.momentum, rate,
                  /*dampening=*/0, options_.nesterov, /*maximize=*/false, /*is_first_step=*/false,
                  /*grad_scale=*/{}, /*found_inf=*/skip);
}

void Optimizer::zero_gradients() {
  for (Group& group : groups_) {
    for (Slot& slot : group.slots) slot.parameter.mutable_grad().reset();
  }
}

std::vector<at::Tensor> Optimizer::gradients() const {
  std::vector<at::Tensor> gradients;
  for (const Group& group : groups_) {
    for (const Slot& slot : group.slots) {
      if (slot.parameter.grad().defined()) gradients.push_back(slot.parameter.grad());
    }
  }
  return gradients;
}

StateDict Optimizer::named_gradients() const {
  StateDict gradients;
  for (const Group& group : groups_) {
    for (const Slot& slot : group.slots) {
      if (slot.parameter.grad().defined()) gradients.emplace_back(slot.name, slot.parameter.grad());
    }
  }
  return gradients;
}

void Optimizer::set_gradients(const StateDict& gradients) {
  std::unordered_map<std::string, const at::Tensor*> found;
  for (const auto& [name, tensor] : gradients) found.emplace(name, &tensor);
  at::NoGradGuard no_grad;
  for (Group& group : groups_) {
    for (Slot& slot : group.slots) {
      const auto entry = found.find(slot.name);
      if (entry == found.end()) continue;
      // In the parameter's order of memory, as backward makes it.
      at::Tensor gradient = at::empty_like(slot.parameter.detach());
      slot.parameter.mutable_grad() = gradient.copy_(*entry->second);
    }
  }
}

double Optimizer::learning_rate() const {
  double largest = 0;
  for (const Group& group : groups_) largest = std::max(largest, group.learning_rate);
  return largest;
}

StateDict Optimizer::state() const {
  StateDict state;
  const auto add = [&](const std::string& name, const at::Tensor& tensor) {
    if (tensor.defined()) state.emplace_back(name, tensor);
  };
  for (const Group& group : groups_) {
    for (const Slot& slot : group.slots) {
      add(slot.name + ".first", slot.first);
      add(slot.name + ".second", slot.second);
      add(slot.name + ".steps", slot.steps);
    }
  }
  return state;
}

void Optimizer::adopt(const StateDict& state) { restore(state, /*all=*/false); }
void Optimizer::load_state(const StateDict& state) { restore(state, /*all=*/true); }

void Optimizer::restore(const StateDict& state, bool all) {
  std::unordered_map<std::string, const at::Tensor*> found;
  for (const auto& [name, tensor] : state) found.emplace(name, &tensor);
  at::NoGradGuard no_grad;
  const auto restore = [&](const std::string& name, at::Tensor& to) {
    if (!to.defined()) return;
    const auto entry = found.find(name);
    if (entry == found.end() || entry->second->sizes() != to.sizes()) {
      if (!all) return;
      fail("ERR_CHECKPOINT_MISMATCH", "The checkpoint holds no fitting optimizer state '", name,
           "': it was written with other layers trainable or with another optimizer.");
    }
    const at::Tensor& from = *entry->second;
    const bool alike = from.device() == to.device() && from.dtype() == to.dtype() &&
                       from.strides() == to.strides();
    if (alike) {
      to = from;
    } else {
      to.copy_(from);
    }
  };
  for (Group& group : groups_) {
    for (Slot& slot : group.slots) {
      restore(slot.name + ".first", slot.first);
      restore(slot.name + ".second", slot.second);
      restore(slot.name + ".steps", slot.steps);
      if (slot.steps.defined()) steps_ = std::max(steps_, slot.steps.item<double>());
    }
  }
}

void clip_gradients(const std::vector<at::Tensor>& gradients, double limit) {
  if (gradients.empty()) return;
  at::NoGradGuard no_grad;
  const at::Tensor norm = at::stack(at::_foreach_norm(gradients, 2)).norm(2);
  const at::Tensor scale = (limit / (norm + 1e-6)).clamp_max(1.0);
  at::_foreach_mul_(gradients, scale);
}

}  // namespace thaw::train
