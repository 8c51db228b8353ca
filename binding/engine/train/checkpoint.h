// Where a run stands, with all that it needs to go on exactly; and the file that holds it.
#pragma once

#include <string>

#include "engine/model/network.h"
#include "engine/state_dict.h"
#include "engine/train/fingerprint.h"
#include "engine/train/history.h"
#include "engine/train/step.h"

namespace thaw::train {

struct Checkpoint {
  int64_t epochs_before = 0;  // the run, of earlier calls of fit()
  int64_t batches_before = 0;
  int64_t epoch = 0;            // the one under way
  int64_t batch = 0;            // the next of it
  double training_seconds = 0;  // spent in it
  double learning_rate = 0;     // of its last step
  at::Tensor metric_sums;       // of it, see Metrics::sums(); undefined at its start
  double best_value = 0;        // of the monitored quantity
  int64_t best_epoch = -1;
  int64_t skipped_steps = 0;
  std::vector<EpochRecord> epochs;  // finished ones
  TimeSpent time;                   // by the run so far
  std::vector<data::UnreadableImage> unreadable, unreadable_validation;
  StateDict model;  // tensors of trainable layers
  StateDict optimizer;
  Step::Group group;  // of batches whose step is still to be taken
  StateDict best;     // tensors of trainable layers at best_epoch; empty without early stopping
};

struct CheckpointFile {
  Fingerprint run;
  Metadata description;  // of the model, as a file of weights has it
  Checkpoint checkpoint;
};

// Throws ERR_DISK_FULL, ERR_IO; a file that is there already then stays.
void write_checkpoint(const std::string& path, const Fingerprint& run, const Metadata& description,
                      const Checkpoint& checkpoint);

// Throws ERR_WEIGHTS_NOT_FOUND, ERR_IO, ERR_WEIGHTS_FORMAT where a byte of it is damaged or it is
// no checkpoint of this version.
CheckpointFile read_checkpoint(const std::string& path);

// Copies of every tensor of the trainable layers, buffers included; and back: throws
// ERR_CHECKPOINT_MISMATCH where one has another shape.
StateDict trainable_state(model::Network& network);
void restore_state(model::Network& network, const StateDict& state);

}  // namespace thaw::train
