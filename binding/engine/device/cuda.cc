// A CUDA device: a compute stream for the training thread, a copy stream beside it for batches.
#include "engine/device/cuda.h"

#include <ATen/cuda/CUDAContext.h>
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGeneratorImpl.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#include <cuda_runtime_api.h>

#include <deque>
#include <mutex>

namespace thaw::device {
namespace {

class CudaBackend final : public Backend {
 public:
  explicit CudaBackend(int index)
      : index_(static_cast<c10::DeviceIndex>(index)),
        compute_(at::cuda::getStreamFromPool(/*isHighPriority=*/false, index_)),
        copy_(at::cuda::getStreamFromPool(/*isHighPriority=*/true, index_)) {}

  at::Device device() const override { return {at::kCUDA, index_}; }

  std::shared_ptr<void> enter() const override {
    return std::make_shared<c10::cuda::CUDAStreamGuard>(compute_);
  }

  at::Tensor host_buffer(at::IntArrayRef sizes, at::ScalarType type) const override {
    return at::empty(sizes, at::TensorOptions().dtype(type).pinned_memory(true));
  }

  at::Tensor upload(const at::Tensor& host, std::shared_ptr<void> lease) const override {
    at::Tensor on_device;
    auto done = std::make_shared<at::cuda::CUDAEvent>();
    {
      c10::cuda::CUDAStreamGuard guard(copy_);
      on_device = host.to(device(), /*non_blocking=*/true);
      done->record(copy_);
    }
    // The compute stream waits for the copy, the allocator for the compute stream's use of the
    // memory.
    const c10::cuda::CUDAStream current = c10::cuda::getCurrentCUDAStream(index_);
    done->block(current);
    c10::cuda::CUDACachingAllocator::recordStream(on_device.storage().data_ptr(), current);
    std::lock_guard lock(mutex_);
    uploads_.push_back({std::move(done), std::move(lease)});
    // What one batch uploads (images, targets) may be under way; older copies give their buffers
    // back, or the loader would wait for them forever.
    while (!uploads_.empty() && (uploads_.size() > 2 || uploads_.front().done->query())) {
      uploads_.front().done->synchronize();
      uploads_.pop_front();
    }
    return on_device;
  }

  at::Generator generator(uint64_t seed) const override {
    at::Generator generator = at::cuda::detail::createCUDAGenerator(index_);
    generator.set_current_seed(seed);
    return generator;
  }

  void synchronize() const override {
    c10::cuda::getCurrentCUDAStream(index_).synchronize();
    std::lock_guard lock(mutex_);
    uploads_.clear();
  }

  std::optional<MemoryUse> memory_use() const override {
    const c10::cuda::CUDAGuard guard(index_);
    size_t free = 0, total = 0;
    C10_CUDA_CHECK(cudaMemGetInfo(&free, &total));
    const auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(index_);
    constexpr auto kAll = static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);
    return MemoryUse{.held = stats.allocated_bytes[kAll].current,
                     .peak = stats.allocated_bytes[kAll].peak,
                     .capacity = static_cast<int64_t>(free) + stats.reserved_bytes[kAll].current};
  }

  void watch_memory() const override { c10::cuda::CUDACachingAllocator::resetPeakStats(index_); }

  // Tensor cores multiply bfloat16 from compute capability 8.0 (Ampere) on.
  bool fast_bfloat16() const override { return at::cuda::getDeviceProperties(index_)->major >= 8; }

  // The fused ones have not been seen at work on a GPU.
  Kernels default_kernels() const override { return Kernels::kPlain; }

 private:
  struct Upload {
    std::shared_ptr<at::cuda::CUDAEvent> done;
    std::shared_ptr<void> lease;  // of the host buffers that it reads
  };

  c10::DeviceIndex index_;
  c10::cuda::CUDAStream compute_;
  c10::cuda::CUDAStream copy_;
  mutable std::mutex mutex_;
  mutable std::deque<Upload> uploads_;
};

}  // namespace

bool cuda_is_built() { return true; }

int cuda_device_count() { return at::cuda::device_count(); }

std::shared_ptr<const Backend> make_cuda_backend(int index) {
  at::globalContext().lazyInitDevice(at::kCUDA);
  // The same kernels every time: a seed repeats a run exactly on one device.
  at::globalContext().setDeterministicCuDNN(true);
  // float32 is float32: TF32 would keep 10 bits of a product's factors. Who wants speed has
  // bfloat16.
  at::globalContext().setAllowTF32CuDNN(false);
  return std::make_shared<CudaBackend>(index);
}

void describe_cuda(DeviceFacts& facts) {
  facts.cuda_version =
      std::to_string(CUDART_VERSION / 1000) + "." + std::to_string(CUDART_VERSION % 1000 / 10);
  const int count = cuda_device_count();
  for (int index = 0; index < count; ++index) {
    facts.gpus.emplace_back(at::cuda::getDeviceProperties(index)->name);
  }
  if (count > 0) facts.cudnn_version = std::to_string(at::detail::getCUDAHooks().versionCuDNN());
}

}  // namespace thaw::device
