// Where a run stands, on disk: one safetensors file, replaced as a whole, from which the run goes
// on exactly.
#pragma once

#include <optional>
#include <string>

#include "engine/model/network.h"
#include "engine/state_dict.h"
#include "engine/train/fingerprint.h"
#include "engine/train/history.h"

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
  std::vector<EpochRecord> epochs;  // finished ones
  StateDict model;                  // tensors of trainable layers
  StateDict optimizer;
  StateDict best;  // tensors of trainable layers at best_epoch; empty without early stopping
};

// Creates the folder. Throws ERR_DISK_FULL, ERR_IO; an older checkpoint then stays.
void save_checkpoint(const std::string& directory, const Fingerprint& fingerprint,
                     const Checkpoint& checkpoint);

// nullopt where the folder holds none. Throws ERR_CHECKPOINT_MISMATCH, saying what differs, where
// it is of another run, ERR_WEIGHTS_FORMAT where it is damaged.
std::optional<Checkpoint> load_checkpoint(const std::string& directory,
                                          const Fingerprint& fingerprint);

// Copies of every tensor of the trainable layers, buffers included; and back.
StateDict trainable_state(model::Network& network);
void restore_state(model::Network& network, const StateDict& state);

}  // namespace thaw::train
