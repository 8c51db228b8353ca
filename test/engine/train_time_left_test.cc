#include "engine/train/time_left.h"

#include "check.h"

using namespace thaw::train;

namespace {

// Ten batches an epoch of a second each, a tenth of that where features are recalled; in the middle
// of the first of three epochs.
Pace pace() {
  return {.batches = 10,
          .done = 5,
          .epochs_after = 2,
          .computing_after = 2,
          .batch = 1,
          .recalled_batch = 0.1,
          .validation_batches = 0,
          .last_validation = 0,
          .validation_recalled = false};
}

void check_left(const Pace& pace, double seconds) {
  CHECK(std::abs(time_left(pace) - seconds) < 1e-9);
}

}  // namespace

TEST("time left: at the pace of now, or, where features are recalled later, at that of recalling") {
  Pace run = pace();
  check_left(run, 5 + 2 * 10);
  run.computing_after = 0;
  check_left(run, 5 + 2 * 10 * 0.1);
  run.computing_after = 1;  // a second view of each image
  check_left(run, 5 + 10 + 10 * 0.1);
}

TEST("time left: a validation an epoch, as long as the last one, or shorter where it recalls") {
  Pace run = pace();
  run.validation_batches = 4;
  check_left(run, 25 + 3 * 4);
  run.last_validation = 2;
  check_left(run, 25 + 3 * 2);
  run.validation_recalled = true;
  check_left(run, 25 + 3 * 4 * 0.1);
  run.last_validation = 0;
  check_left(run, 25 + 4 + 2 * 4 * 0.1);
}

TEST_MAIN()
