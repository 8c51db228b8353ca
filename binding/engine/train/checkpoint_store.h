// The checkpoints of a run in their folder: numbered files, the two newest good ones of which are
// kept, and beside them what is frozen, which is written once.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/train/checkpoint.h"
#include "engine/weights/weights.h"

namespace thaw::train {

class CheckpointStore {
 public:
  explicit CheckpointStore(std::string directory) : directory_(std::move(directory)) {}

  struct Found {
    CheckpointFile file;
    std::string path;
    std::vector<std::string> damaged;  // sentences on newer ones that were passed over
  };
  // The newest good one; nullopt where the folder holds none. Throws ERR_CHECKPOINT_DAMAGED where
  // it holds none that is good.
  std::optional<Found> newest();

  bool exists() const;  // the folder

  // Removes the checkpoints of an earlier run, the newest ones first. Throws ERR_IO.
  void clear();

  // Makes the folder where it is not there. Throws ERR_DISK_FULL, ERR_IO; what is there then stays.
  void write(const Fingerprint& run, const Metadata& description, const Checkpoint& checkpoint);
  // Where the folder does not hold just these: `digest` is of their values.
  void write_frozen(const StateDict& tensors, const std::string& digest);

  // The network as the newest good checkpoint has it, with the description that was given: its best
  // weights where it holds them, else the last ones. Throws ERR_WEIGHTS_NOT_FOUND where there is
  // none, ERR_CHECKPOINT_DAMAGED.
  struct Model {
    weights::WeightsFile file;
    bool best = false;
    int64_t epoch = 0;  // of the weights, from 0; the one under way, for the last ones
    int64_t batch = 0;  // done of it
    std::vector<std::string> damaged;
  };
  Model model();

 private:
  struct Numbered {
    int64_t number;
    std::string path;
  };
  std::vector<Numbered> files() const;  // the newest first
  std::string frozen_path() const;
  void make_folder() const;

  std::string directory_;
  int64_t next_ = -1;              // the number of the next one; -1: not known yet
  std::vector<std::string> good_;  // the newest last
};

}  // namespace thaw::train
