// The CPU: buffers are plain memory, nothing is asynchronous, freed memory is kept while a run goes
// on.
#include "engine/device/cpu.h"

#include <ATen/CPUGeneratorImpl.h>

#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

#include "engine/device/host_memory.h"

namespace thaw::device {
namespace {

class CpuBackend final : public Backend {
 public:
  at::Device device() const override { return at::kCPU; }

  std::shared_ptr<void> enter() const override { return keep_host_memory(); }

  at::Tensor host_buffer(at::IntArrayRef sizes, at::ScalarType type) const override {
    return at::empty(sizes, type);
  }

  at::Tensor upload(const at::Tensor& host, std::shared_ptr<void>) const override { return host; }

  at::Generator generator(uint64_t seed) const override {
    return at::detail::createCPUGenerator(seed);
  }

  void synchronize() const override {}

  // Without these instructions oneDNN computes bfloat16 through float32 conversions, slower than
  // float32.
  bool fast_bfloat16() const override {
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512bf16");  // every processor with AMX has it too
#elif defined(__aarch64__)
    constexpr unsigned long kHwcap2Bf16 = 1UL << 14;  // Linux, arch/arm64/include/uapi/asm/hwcap.h
    return (getauxval(AT_HWCAP2) & kHwcap2Bf16) != 0;
#else
    return false;
#endif
  }

  Kernels default_kernels() const override { return Kernels::kFused; }
};

}  // namespace

std::shared_ptr<const Backend> make_cpu_backend() { return std::make_shared<CpuBackend>(); }

}  // namespace thaw::device
