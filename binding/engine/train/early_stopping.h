// Watches one quantity over the epochs and says when it has stopped getting better.
#pragma once

#include <algorithm>

#include "engine/train/history.h"
#include "engine/train/options.h"

namespace thaw::train {

class EarlyStoppingWatch {
 public:
  // `recorded`: the metrics of the run. Throws ERR_INVALID_ARGUMENT where the monitor is none.
  EarlyStoppingWatch(const EarlyStopping& options, const std::vector<const Metric*>& recorded);

  // Takes the epoch's result; true where it is the best so far.
  bool improved(int64_t epoch, const EpochRecord& record);

  // As in Keras: `patience` epochs without improvement have passed, at least one.
  bool exhausted(int64_t epoch) const {
    return best_epoch_ >= 0 && epoch - best_epoch_ >= std::max<int64_t>(options_.patience, 1);
  }

  bool needs_validation() const { return validation_; }
  int64_t best_epoch() const { return best_epoch_; }
  double best_value() const { return best_value_; }
  void restore(int64_t best_epoch, double best_value) {
    best_epoch_ = best_epoch;
    best_value_ = best_value;
  }

 private:
  EarlyStopping options_;
  const Metric* metric_ = nullptr;
  bool validation_ = false;
  int64_t best_epoch_ = -1;
  double best_value_ = 0;  // signed so that larger is better
};

}  // namespace thaw::train
