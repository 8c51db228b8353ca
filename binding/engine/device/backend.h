// What differs between the CPU and a CUDA device, behind one interface.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/device/kernels.h"
#include "engine/torch.h"

namespace thaw::device {

// Of a device with memory of its own, in bytes.
struct MemoryUse {
  int64_t held;      // by tensors
  int64_t peak;      // the most held since watch_memory()
  int64_t capacity;  // what tensors can hold: all but other processes' share
};

class Backend {
 public:
  virtual ~Backend() = default;

  virtual at::Device device() const = 0;

  // Enters the device for the calling thread (device, stream) until the result is destroyed.
  virtual std::shared_ptr<void> enter() const = 0;

  // A buffer on the host from which copies to the device are fast: page-locked on CUDA.
  virtual at::Tensor host_buffer(at::IntArrayRef sizes, at::ScalarType type) const = 0;

  // Copies to the device, beside what the calling thread has started: the copy may end after the
  // return, but before whatever the calling thread starts next. `lease` is kept until that end; the
  // source must not change before it is let go.
  virtual at::Tensor upload(const at::Tensor& host, std::shared_ptr<void> lease) const = 0;

  // A generator on the device, seeded.
  virtual at::Generator generator(uint64_t seed) const = 0;

  // Waits for everything started by the calling thread.
  virtual void synchronize() const = 0;

  // nullopt where the device shares the host's memory.
  virtual std::optional<MemoryUse> memory_use() const { return std::nullopt; }
  virtual void watch_memory() const {}
  // Bytes of the device's own memory that tensors may still take; 0 where it has none of its own.
  int64_t free_memory() const {
    const std::optional<MemoryUse> use = memory_use();
    return use ? use->capacity - use->held : 0;
  }

  // The arithmetic runs faster in bfloat16 than in float32.
  virtual bool fast_bfloat16() const = 0;

  // What a run uses that asks for none.
  virtual Kernels default_kernels() const = 0;
};

// `name`: "cpu", "cuda", "cuda:N", or "auto" (CUDA where a device is there, else the CPU).
// Throws ERR_DEVICE_NOT_FOUND with what is there instead, ERR_INVALID_ARGUMENT.
std::shared_ptr<const Backend> make_backend(const std::string& name);

struct DeviceFacts {
  std::string libtorch;        // "2.13.0"
  std::string cpu_capability;  // "AVX512"
  bool cpu_bfloat16 = false;   // AVX-512 BF16 or AMX
  bool cuda_built = false;
  std::string cuda_version;  // of the headers built against; empty for a CPU build
  std::string cudnn_version;
  std::vector<std::string> gpus;  // names, by index
};
DeviceFacts device_facts();

}  // namespace thaw::device
