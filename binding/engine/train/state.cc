#include "engine/train/state.h"

#include <string>

#include "engine/error.h"

namespace thaw::train {
namespace {

const std::string kTraining = "training.";  // before the names
const std::string kOptimizer = kTraining + "optimizer.";
const std::string kProgress = kTraining + "progress";  // [epochs, batches] int64

}  // namespace

StateDict with_training(StateDict tensors, const TrainingState& state) {
  tensors.emplace_back(kProgress, at::tensor({state.epochs, state.batches}, at::kLong));
  for (const auto& [name, tensor] : state.optimizer)
    tensors.emplace_back(kOptimizer + name, tensor.to(at::kCPU).contiguous());
  return tensors;
}

StateDict without_training(const StateDict& tensors) {
  StateDict rest = tensors;
  std::erase_if(rest, [](const auto& entry) { return entry.first.starts_with(kTraining); });
  return rest;
}

TrainingState training_in(const StateDict& tensors) {
  TrainingState state;
  for (const auto& [name, tensor] : tensors) {
    if (name == kProgress) {
      if (tensor.numel() != 2 || tensor.scalar_type() != at::kLong)
        fail("ERR_WEIGHTS_FORMAT", "The state of training in the file is damaged.");
      state.epochs = tensor.flatten()[0].item<int64_t>();
      state.batches = tensor.flatten()[1].item<int64_t>();
    } else if (name.starts_with(kOptimizer)) {
      state.optimizer.emplace_back(name.substr(kOptimizer.size()), tensor);
    }
  }
  return state;
}

}  // namespace thaw::train
