// Everything that decides a run.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/data/loader.h"
#include "engine/device/kernels.h"
#include "engine/train/loss.h"
#include "engine/train/optimizer.h"
#include "engine/train/schedule.h"

namespace thaw::train {

// Modules (by torchvision's name) with a learning rate or weight decay of their own.
struct GroupOverride {
  std::vector<std::string> modules;
  std::optional<double> learning_rate;
  std::optional<double> weight_decay;
};

// What Keras' compile() takes.
struct TrainingOptions {
  OptimizerOptions optimizer;
  std::vector<GroupOverride> groups;
  LossOptions loss;
  Schedule schedule;
};

enum class Monitor { kValLoss, kValAccuracy, kLoss, kAccuracy };

struct EarlyStopping {
  Monitor monitor = Monitor::kValLoss;
  int64_t patience = 0;  // epochs without improvement after which training stops; 0 counts as 1
  double min_delta = 0;  // a smaller change is no improvement
  bool restore_best = true;
};

// How data is read, the same for training, evaluation and prediction.
struct DataOptions {
  int64_t batch_size = 32;  // 0, in training: to be found
  int threads = 0;          // decoding threads; 0: as many as cores
  double max_unreadable_share = 0.1;
  at::ScalarType compute = at::kFloat;
  std::optional<device::Kernels> kernels;  // of the frozen part; unset: the device's own
};

// Where the features at the freeze boundary may be kept from epoch to epoch.
struct CacheOptions {
  enum class Mode {
    kOff,
    kAuto,  // in memory within the limit, else in a file, else not at all
    kDisk,  // in a file, for other runs to find
  };
  Mode mode = Mode::kAuto;
  int64_t memory = int64_t{1} << 30;  // bytes of the host's memory that it may take
  std::string directory;              // of the files; empty: no files
};

// What Keras' fit() takes.
struct FitOptions : DataOptions {
  int64_t epochs = 1;
  bool shuffle = true;
  uint64_t seed = 0;
  data::Augmentation augmentation = data::Augmentation::kNone;
  // So many augmented views of an image, used in turns; 0: a new one each epoch.
  int64_t views = 0;
  CacheOptions cache;
  int64_t accumulation_steps = 1;  // batches whose gradients are averaged into one step
  double clip_norm = 0;            // of all gradients together; 0: not clipped
  std::optional<EarlyStopping> early_stopping;
  std::string checkpoint_directory;  // empty: no checkpoints
  bool resume = false;               // go on from the checkpoint, where there is one
};

using StopFlag = std::atomic<bool>;

// Throws ERR_ABORTED once the flag is set.
void check_stop(const StopFlag* stop);

}  // namespace thaw::train
