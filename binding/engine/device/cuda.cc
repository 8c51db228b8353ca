// A CUDA device: a compute stream for the training thread, a stream beside it for batches.
#include "engine/device/cuda.h"

#include <ATen/cuda/CUDAContext.h>
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGeneratorImpl.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#include <cuda_runtime_api.h>

#include <deque>
#include <mutex>

#include "engine/device/cuda_graph.h"
#include "engine/device/nvjpeg.h"
#include "engine/notice.h"

namespace thaw::device {
namespace {

class CudaBackend final : public Backend {
 public:
  explicit CudaBackend(int index)
      : index_(static_cast<c10::DeviceIndex>(index)),
        compute_(at::cuda::getStreamFromPool(/*isHighPriority=*/false, index_)),
        beside_(at::cuda::getStreamFromPool(/*isHighPriority=*/true, index_)) {}

  at::Device device() const override { return {at::kCUDA, index_}; }

  std::shared_ptr<void> enter() const override {
    return std::make_shared<c10::cuda::CUDAStreamGuard>(compute_);
  }

  at::Tensor host_buffer(at::IntArrayRef sizes, at::ScalarType type) const override {
    return at::empty(sizes, at::TensorOptions().dtype(type).pinned_memory(true));
  }

  at::Tensor aside(const std::function<at::Tensor()>& work,
                   std::shared_ptr<void> lease) const override {
    at::Tensor result;
    auto done = std::make_shared<at::cuda::CUDAEvent>();
    {
      c10::cuda::CUDAStreamGuard guard(beside_);
      result = work();
      done->record(beside_);
    }
    // The compute stream waits for the work, the allocator for the compute stream's use of the
    // memory.
    const c10::cuda::CUDAStream current = c10::cuda::getCurrentCUDAStream(index_);
    done->block(current);
    c10::cuda::CUDACachingAllocator::recordStream(result.storage().data_ptr(), current);
    std::lock_guard lock(mutex_);
    under_way_.push_back({std::move(done), std::move(lease)});
    // What one batch needs (images from files and from the host, labels) may be under way; older
    // work gives its buffers back, or the loader would wait for them forever.
    while (!under_way_.empty() && (under_way_.size() > 3 || under_way_.front().done->query())) {
      under_way_.front().done->synchronize();
      under_way_.pop_front();
    }
    return result;
  }

  std::shared_ptr<JpegDecoder> jpeg_decoder() const override {
    const std::lock_guard lock(mutex_);
    if (!looked_for_decoder_ && has_jpeg_hardware()) {
      const c10::cuda::CUDAGuard guard(index_);
      std::string reason;
      decoder_ = make_nvjpeg_decoder(
          nvjpeg_libraries(CUDART_VERSION / 1000),
          {.device = device(),
           .current = [index = index_] { return c10::cuda::getCurrentCUDAStream(index).stream(); },
           .wait_for_current =
               [index = index_] { c10::cuda::getCurrentCUDAStream(index).synchronize(); }},
          reason);
      if (!decoder_) notice("JPEG files are decoded on the CPU: " + reason + ".");
    }
    looked_for_decoder_ = true;
    return decoder_;
  }

  at::Generator generator(uint64_t seed) const override {
    at::Generator generator = at::cuda::detail::createCUDAGenerator(index_);
    generator.set_current_seed(seed);
    return generator;
  }

  std::unique_ptr<Graph> make_graph(std::optional<at::Generator> generator) const override {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<const GraphMemory> memory = graph_memory_.lock();
    if (!memory) {
      memory = std::make_shared<const GraphMemory>(at::cuda::graph_pool_handle());
      graph_memory_ = memory;
    }
    return make_cuda_graph(std::move(memory), std::move(generator));
  }

  void synchronize() const override {
    c10::cuda::getCurrentCUDAStream(index_).synchronize();
    std::lock_guard lock(mutex_);
    under_way_.clear();
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

 private:
  // The large chips of a generation: A100, H100, B200 and their kin.
  bool has_jpeg_hardware() const {
    const cudaDeviceProp* properties = at::cuda::getDeviceProperties(index_);
    return properties->major >= 8 && properties->minor == 0;
  }

  struct Work {
    std::shared_ptr<at::cuda::CUDAEvent> done;
    std::shared_ptr<void> lease;  // of the host buffers that it reads
  };

  c10::DeviceIndex index_;
  c10::cuda::CUDAStream compute_;
  c10::cuda::CUDAStream beside_;
  mutable std::mutex mutex_;
  mutable std::deque<Work> under_way_;
  mutable std::weak_ptr<const GraphMemory> graph_memory_;
  mutable bool looked_for_decoder_ = false;
  mutable std::shared_ptr<JpegDecoder> decoder_;
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
