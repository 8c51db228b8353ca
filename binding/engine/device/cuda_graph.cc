#include "engine/device/cuda_graph.h"

#include <ATen/core/CachingHostAllocator.h>
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGeneratorImpl.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include <deque>
#include <thread>

#include "engine/notice.h"

namespace thaw::device {
namespace {

namespace allocator = c10::cuda::CUDACachingAllocator;

// Runs before a recording: cuDNN chooses its kernels, cuBLAS takes its workspace, and autograd its
// threads, none of which may happen while a stream is recorded.
constexpr int kWarmUps = 3;

// Replays that wait on the device. More would only pile up the batches that were copied for them.
constexpr size_t kAhead = 4;

// Up to libtorch 2.13 a graph has to be told of a generator, from 2.14 on it finds out by itself.
template <typename CudaGraph>
void register_generator(CudaGraph& graph, const at::Generator& generator) {
  if constexpr (requires { graph.register_generator_state(generator); }) {
    graph.register_generator_state(generator);
  }
}

// Up to libtorch 2.13 a recording that cannot be ended leaves the allocators in its pool, that of
// the device and, where it takes part, that of page-locked memory. From 2.14 on, which also has
// capture_end_pre(), the graph's destructor sees to it.
template <typename CudaGraph, typename HostAllocator>
void leave_pool(CudaGraph& graph, HostAllocator& host, c10::DeviceIndex device, GraphMemory pool) {
  if constexpr (!requires { graph.capture_end_pre(); }) {
    try {
      allocator::endAllocateToPool(device, pool);
      allocator::releasePool(device, pool);
    } catch (const c10::Error&) {  // it was left already
    }
    if constexpr (requires { host.end_allocate_to_pool(pool); }) {
      try {
        host.end_allocate_to_pool(pool);
        host.release_pool(pool);
      } catch (const c10::Error&) {
      }
    }
  }
}

size_t bytes_free() {
  size_t free = 0, total = 0;
  C10_CUDA_CHECK(cudaMemGetInfo(&free, &total));
  return free;
}

class RecordedGraph final : public Graph {
 public:
  RecordedGraph(std::shared_ptr<const GraphMemory> memory, std::optional<at::Generator> generator)
      : memory_(std::move(memory)), generator_(std::move(generator)) {}

  bool records() const override { return !failed_; }

  void run(const std::function<void()>& work) override {
    if (failed_) return work();
    if (!graph_) {
      // cuDNN keeps its choices by thread.
      if (std::this_thread::get_id() != thread_) runs_ = 0;
      thread_ = std::this_thread::get_id();
      if (runs_ < kWarmUps) return warm_up(work);
      if (!record(work)) return work();
    }
    replay();
  }

 private:
  void warm_up(const std::function<void()>& work) {
    const c10::DeviceIndex device = c10::cuda::current_device();
    const bool last = ++runs_ == kWarmUps;
    if (last) allocator::resetPeakStats(device);
    work();
    if (!last) return;
    constexpr size_t kAll = static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);
    const auto bytes = allocator::getDeviceStats(device).allocated_bytes[kAll];
    bytes_ = static_cast<size_t>(bytes.peak - bytes.current);
  }

  // A recording keeps its memory for itself: the same work must still fit beside it, for the
  // batches that are not replayed.
  bool fits() {
    c10::cuda::device_synchronize();
    allocator::emptyCache();
    return bytes_free() > 2 * bytes_;
  }

  bool record(const std::function<void()>& work) {
    try {
      if (!fits()) return fail("there is too little memory for it on the GPU.");
      auto graph = std::make_unique<at::cuda::CUDAGraph>();
      if (generator_) register_generator(*graph, *generator_);
      capture(*graph, work);
      graph_ = std::move(graph);
      return true;
    } catch (const std::exception& error) {
      (void)cudaGetLastError();  // of the recording; nothing was run
      free_generator();
      return fail(reason(error));
    }
  }

  // Up to libtorch 2.13 a generator goes on waiting for the end of a recording that failed, and
  // refuses to be drawn from: it begins anew from its seed, which is where it stood.
  void free_generator() {
    if (!generator_) return;
    at::Generator anew = at::cuda::detail::createCUDAGenerator(c10::cuda::current_device());
    anew.set_current_seed(generator_->current_seed());
    generator_->graphsafe_set_state(anew);
  }

  void capture(at::cuda::CUDAGraph& graph, const std::function<void()>& work) {
    const c10::DeviceIndex device = c10::cuda::current_device();
    std::exception_ptr failure;
    try {
      // Thread-local: the loader's threads may go on allocating.
      graph.capture_begin(*memory_, cudaStreamCaptureModeThreadLocal);
      work();
    } catch (...) {
      failure = std::current_exception();
    }
    try {
      graph.capture_end();
    } catch (...) {
      leave_pool(graph, *at::getHostAllocator(at::kCUDA), device, *memory_);
      if (!failure) failure = std::current_exception();
    }
    if (failure) std::rethrow_exception(failure);
  }

  bool fail(const std::string& why) {
    notice("going on without a CUDA graph: " + why);
    failed_ = true;
    return false;
  }

  void replay() {
    while (ahead_.size() >= kAhead) {
      ahead_.front().synchronize();
      ahead_.pop_front();
    }
    graph_->replay();
    ahead_.emplace_back();
    ahead_.back().record();
  }

  std::shared_ptr<const GraphMemory> memory_;
  std::optional<at::Generator> generator_;
  std::unique_ptr<at::cuda::CUDAGraph> graph_;
  std::deque<at::cuda::CUDAEvent> ahead_;
  std::thread::id thread_;
  int runs_ = 0;
  size_t bytes_ = 0;  // that one run takes and gives back
  bool failed_ = false;
};

}  // namespace

std::unique_ptr<Graph> make_cuda_graph(std::shared_ptr<const GraphMemory> memory,
                                       std::optional<at::Generator> generator) {
  return std::make_unique<RecordedGraph>(std::move(memory), std::move(generator));
}

}  // namespace thaw::device
