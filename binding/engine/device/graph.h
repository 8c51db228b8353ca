// Work on the device that is the same time after time: recorded once, then replayed as a whole,
// which costs the host one call instead of one for each kernel.
#pragma once

#include <functional>

namespace thaw::device {

class Graph {
 public:
  virtual ~Graph() = default;

  // Does `work`, in the stream of the calling thread. It must start the same kernels on the same
  // memory each time: inputs are copied into tensors that stay, results are left in tensors that
  // `work` assigns to variables outside. A replay overwrites the results of the one before, and
  // memory that results of other graphs of the same backend do not hold. What `work` does on the
  // host happens while it is run and recorded, not when it is replayed.
  virtual void run(const std::function<void()>& work) = 0;

  // False where nothing is recorded (the CPU), or no more because recording has failed: run() then
  // merely calls `work`, and copying its inputs is in vain.
  virtual bool records() const = 0;
};

}  // namespace thaw::device
