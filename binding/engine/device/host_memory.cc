#include "engine/device/host_memory.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <sys/mman.h>

#include <bit>
#include <cstdlib>
#include <map>
#include <mutex>
#include <unordered_map>

namespace thaw::device {
namespace {

constexpr size_t kHugePage = 2 << 20;
constexpr size_t kSmallest = 256 << 10;  // smaller blocks the C library keeps well enough by itself

// Up to an eighth more than asked for, so that nearly equal sizes share blocks.
size_t rounded(size_t size) {
  const size_t step = std::max<size_t>(std::bit_floor(size) / 8, 4096);
  return (size + step - 1) / step * step;
}

void* from_system(size_t size) {
  if (size < kHugePage) return c10::alloc_cpu(size);
  void* block = nullptr;
  // Fewer, larger pages: fewer faults and fewer misses of the address cache.
  if (posix_memalign(&block, kHugePage, size) != 0) return c10::alloc_cpu(size);  // throws
  madvise(block, size, MADV_HUGEPAGE);
  return block;
}

class KeepingAllocator final : public c10::Allocator {
 public:
  static KeepingAllocator& instance() {
    // Never destroyed: tensors may outlive every static object.
    static auto* allocator = new KeepingAllocator();
    return *allocator;
  }

  c10::DataPtr allocate(size_t size) override {
    if (size < kSmallest) {
      void* block = c10::alloc_cpu(size);
      return {block, block, &c10::free_cpu, c10::Device(c10::kCPU)};
    }
    void* block = take(rounded(size));
    return {block, block, &release, c10::Device(c10::kCPU)};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &release; }

  void copy_data(void* to, const void* from, size_t size) const override {
    default_copy_data(to, from, size);
  }

  void open() {
    const std::lock_guard lock(mutex_);
    if (users_++ == 0) c10::SetCPUAllocator(this, /*priority=*/100);
  }

  void close() {
    std::multimap<size_t, void*> unused;
    {
      const std::lock_guard lock(mutex_);
      if (--users_ == 0) unused.swap(free_);
    }
    for (const auto& [size, block] : unused) c10::free_cpu(block);
  }

 private:
  void* take(size_t size) {
    {
      const std::lock_guard lock(mutex_);
      // A block up to twice as large will do: the last batch of an epoch is smaller than the
      // others.
      const auto found = free_.lower_bound(size);
      if (found != free_.end() && found->first <= 2 * size) {
        void* block = found->second;
        sizes_.emplace(block, found->first);
        free_.erase(found);
        return block;
      }
    }
    void* block = from_system(size);
    const std::lock_guard lock(mutex_);
    sizes_.emplace(block, size);
    return block;
  }

  static void release(void* block) { instance().give_back(block); }

  void give_back(void* block) {
    {
      const std::lock_guard lock(mutex_);
      const auto found = sizes_.find(block);
      if (found != sizes_.end()) {
        const size_t size = found->second;
        sizes_.erase(found);
        if (users_ > 0) {
          free_.emplace(size, block);
          return;
        }
      }
    }
    c10::free_cpu(block);
  }

  std::mutex mutex_;
  int users_ = 0;
  std::multimap<size_t, void*> free_;
  std::unordered_map<void*, size_t> sizes_;  // of the large blocks in use
};

}  // namespace

std::shared_ptr<void> keep_host_memory() {
  KeepingAllocator& allocator = KeepingAllocator::instance();
  allocator.open();
  return {nullptr, [&allocator](void*) { allocator.close(); }};
}

}  // namespace thaw::device
