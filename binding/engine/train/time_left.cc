#include "engine/train/time_left.h"

namespace thaw::train {

double time_left(const Pace& pace) {
  const auto passes = [](int64_t count, double seconds) {
    return static_cast<double>(count) * seconds;
  };
  const int64_t recalling_after = pace.epochs_after - pace.computing_after;
  const double training =
      passes(pace.batches - pace.done + pace.computing_after * pace.batches, pace.batch) +
      passes(recalling_after * pace.batches, pace.recalled_batch);

  const bool first = pace.last_validation == 0;
  const double computed =
      first ? passes(pace.validation_batches, pace.batch) : pace.last_validation;
  const double later =
      pace.validation_recalled ? passes(pace.validation_batches, pace.recalled_batch) : computed;
  return training + (first ? computed : later) + passes(pace.epochs_after, later);
}

}  // namespace thaw::train
