// How long a run still takes, so far as its first batches tell.
#pragma once

#include <cstdint>

namespace thaw::train {

// Times in seconds.
struct Pace {
  int64_t batches;             // an epoch
  int64_t done;                // of them in this one
  int64_t epochs_after;        // this one
  int64_t computing_after;     // of those: that compute the features of the frozen part
  double batch;                // in this epoch
  double recalled_batch;       // where features are recalled
  int64_t validation_batches;  // 0: no validation
  double last_validation;      // 0: none yet
  bool validation_recalled;    // from the second one on
};

double time_left(const Pace& pace);

}  // namespace thaw::train
