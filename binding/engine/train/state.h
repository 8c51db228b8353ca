// What training leaves in a model: the next call of fit() goes on from it.
#pragma once

#include <cstdint>

#include "engine/state_dict.h"

namespace thaw::train {

struct TrainingState {
  // Of all calls so far; an epoch that was broken off counts. They key the order of images, the
  // random draws and the schedule.
  int64_t epochs = 0;
  int64_t batches = 0;
  StateDict optimizer;  // see Optimizer::state()
};

// In a file of weights: the tensors with the state behind them, and back. A file without one gives
// the state before any training.
StateDict with_training(StateDict tensors, const TrainingState& state);
StateDict without_training(const StateDict& tensors);
TrainingState training_in(const StateDict& tensors);

}  // namespace thaw::train
