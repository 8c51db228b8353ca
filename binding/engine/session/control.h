// What a run is told from outside while it goes on. Any thread may tell it.
#pragma once

#include <atomic>

namespace thaw::session {

class Control {
 public:
  // The run ends at its next step, with ERR_ABORTED. For good.
  void stop();
  // The run waits at its next step.
  void pause();
  void resume();
  // Every learning rate is multiplied by this from the next step on; 1 at first.
  void set_learning_rate_factor(double factor) { factor_ = factor; }

  // A run that is training ends with this epoch, which ends at its next step: no error.
  void finish() { finishing_ = true; }
  // The run waits before its next epoch until it is let go on: what its begin or an epoch's end has
  // set off is done then.
  void hold();
  void release();

  // For the run. Waits while it is paused; false where it is to end.
  bool goes_on() const;
  // Waits while it is held.
  void wait_until_released() const { held_.wait(true); }
  bool is_finishing() const { return finishing_; }
  // Waits while it is held; false where no epoch is to follow, be it that it is to end.
  bool goes_on_to_next_epoch() const;
  double learning_rate_factor() const { return factor_; }

 private:
  enum class State { kRunning, kPaused, kStopping };

  std::atomic<State> state_ = State::kRunning;
  std::atomic<double> factor_ = 1;
  std::atomic<bool> finishing_ = false;
  std::atomic<bool> held_ = false;
};

// Waits while the run is paused. Throws ERR_ABORTED where it is to end. Null: it just goes on.
void check(const Control* control);

}  // namespace thaw::session
