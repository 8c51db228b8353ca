// Programs of our own for a device, in CUDA C++.
#pragma once

namespace thaw::device {

struct Extent {
  unsigned x = 1, y = 1;
};

class Kernels {
 public:
  virtual ~Kernels() = default;

  // Starts `name` in the calling thread's stream: `grid` blocks of `block` threads. `arguments`
  // point at the values, which are copied before the return.
  virtual void launch(const char* name, Extent grid, Extent block, void** arguments) const = 0;

  // Of the device: how many blocks it works on at a time, at least.
  virtual unsigned multiprocessors() const = 0;
};

}  // namespace thaw::device
