#include "engine/session/control.h"

#include "engine/error.h"

namespace thaw::session {

void Control::stop() {
  state_ = State::kStopping;
  state_.notify_all();
  release();
}

void Control::hold() {
  held_ = true;
  if (state_ == State::kStopping) held_ = false;
}

void Control::release() {
  held_ = false;
  held_.notify_all();
}

void Control::pause() {
  State running = State::kRunning;  // a run that is to end is not held up
  state_.compare_exchange_strong(running, State::kPaused);
}

void Control::resume() {
  State paused = State::kPaused;
  state_.compare_exchange_strong(paused, State::kRunning);
  state_.notify_all();
}

bool Control::goes_on() const {
  state_.wait(State::kPaused);
  return state_ != State::kStopping;
}

bool Control::goes_on_to_next_epoch() const {
  wait_until_released();
  return !finishing_;
}

void check(const Control* control) {
  if (control && !control->goes_on()) fail("ERR_ABORTED", "The run was aborted.");
}

}  // namespace thaw::session
