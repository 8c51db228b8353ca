// A thread that computes, and the end of the process while there are such. process.exit() and an
// uncaught error tear down no environment but run static destructors, libtorch's among them, which
// no thread survives that uses what they destroy.
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "engine/session/control.h"

namespace thaw::napi {

class ComputingThread {
 public:
  ComputingThread() = default;
  ~ComputingThread();  // it has been joined
  ComputingThread(const ComputingThread&) = delete;
  ComputingThread& operator=(const ComputingThread&) = delete;

  // `control` stops what `work` does. Throws std::system_error where there can be no thread.
  void start(std::shared_ptr<session::Control> control, std::function<void()> work);

  // Waits for its end; where the process ends, no longer than that does.
  void join();

 private:
  friend struct ProcessEnd;
  std::shared_ptr<session::Control> control_;
  std::thread thread_;
  bool computes_ = false;  // touched with ProcessEnd's mutex held
};

// Tells every thread to stop and waits for it, a second at most, so that what is being written is.
// Where one has not been joined when the process exits, no static destructors run. On the main
// thread.
void process_ends(int code);

}  // namespace thaw::napi
