#include "engine/device/cuda_kernels.h"

#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include <map>
#include <mutex>

#include "engine/device/nvrtc.h"

namespace thaw::device {

// From then on the runtime loads machine code, which took the driver's interface before.
#if CUDART_VERSION >= 12080
namespace {

class CudaKernels final : public Kernels {
 public:
  CudaKernels(int index, std::string code)
      : index_(static_cast<c10::DeviceIndex>(index)), code_(std::move(code)) {
    const c10::cuda::CUDAGuard guard(index_);
    C10_CUDA_CHECK(
        cudaLibraryLoadData(&library_, code_.data(), nullptr, nullptr, 0, nullptr, nullptr, 0));
  }
  ~CudaKernels() override { (void)cudaLibraryUnload(library_); }
  CudaKernels(const CudaKernels&) = delete;
  CudaKernels& operator=(const CudaKernels&) = delete;

  void launch(const char* name, Extent grid, Extent block, void** arguments) const override {
    C10_CUDA_CHECK(cudaLaunchKernel(static_cast<const void*>(find(name)), dim3(grid.x, grid.y),
                                    dim3(block.x, block.y), arguments, /*sharedMem=*/0,
                                    c10::cuda::getCurrentCUDAStream(index_).stream()));
  }

  unsigned multiprocessors() const override {
    return static_cast<unsigned>(at::cuda::getDeviceProperties(index_)->multiProcessorCount);
  }

 private:
  cudaKernel_t find(const char* name) const {
    const std::lock_guard lock(mutex_);
    cudaKernel_t& kernel = found_[name];
    if (!kernel) C10_CUDA_CHECK(cudaLibraryGetKernel(&kernel, library_, name));
    return kernel;
  }

  c10::DeviceIndex index_;
  std::string code_;
  cudaLibrary_t library_ = nullptr;
  mutable std::mutex mutex_;
  mutable std::map<std::string, cudaKernel_t> found_;
};

}  // namespace

std::unique_ptr<Kernels> make_cuda_kernels(int index, const char* source,
                                           const std::vector<std::string>& definitions,
                                           std::string& reason) {
  const cudaDeviceProp* properties =
      at::cuda::getDeviceProperties(static_cast<c10::DeviceIndex>(index));
  const std::string architecture =
      "sm_" + std::to_string(properties->major) + std::to_string(properties->minor);
  std::optional<std::string> code = compile_kernels(nvrtc_libraries(CUDART_VERSION / 1000), source,
                                                    architecture, definitions, reason);
  if (!code) return nullptr;
  return std::make_unique<CudaKernels>(index, std::move(*code));
}
#else
std::unique_ptr<Kernels> make_cuda_kernels(int, const char*, const std::vector<std::string>&,
                                           std::string& reason) {
  reason = "they need CUDA 12.8 or later";
  return nullptr;
}
#endif

}  // namespace thaw::device
