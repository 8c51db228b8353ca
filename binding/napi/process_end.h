// The end of the process while threads compute: process.exit(), an uncaught error. It tears down no
// environment but runs static destructors, libtorch's among them, which no thread survives that
// uses what they destroy.
#pragma once

#include <memory>

#include "engine/session/control.h"

namespace thaw::napi {

// A thread that computes, from before it is started until after its thread-local objects are gone.
class ComputingThread {
 public:
  explicit ComputingThread(std::shared_ptr<session::Control> control);
  ~ComputingThread();
  ComputingThread(const ComputingThread&) = delete;
  ComputingThread& operator=(const ComputingThread&) = delete;

  // First of all on the thread itself.
  static void begin(std::unique_ptr<ComputingThread> entry);

 private:
  friend struct ProcessEnd;
  const std::shared_ptr<session::Control> control_;
};

// Tells every thread to stop, and the process to wait a second for them before its static
// destructors run; where that is not enough, these are left out. On the main thread.
void process_ends(int code);

// Waits until none of these computes any more, for as long as that takes, or, where the process
// ends, no longer than it.
void await_end(const session::Control& control);

}  // namespace thaw::napi
