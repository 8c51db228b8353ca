// channel_kernels.cu on the processor: compiled as C++, the threads of a block as coroutines that
// take turns at every __syncthreads(), the blocks one after the other. Slow, and the same
// arithmetic.
#pragma once

#include <ucontext.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/device/kernels.h"

namespace check::cuda {

struct Index {
  unsigned x = 0, y = 0;
};
inline Index threadIdx, blockIdx, blockDim, gridDim;

inline float __uint_as_float(unsigned bits) { return std::bit_cast<float>(bits); }
inline unsigned __float_as_uint(float value) { return std::bit_cast<unsigned>(value); }

// The threads of one block.
class Block {
 public:
  static inline Block* running = nullptr;

  Block(unsigned count, const std::function<void()>& body) : body_(body), threads_(count) {
    while (stacks.size() < count) stacks.push_back(std::make_unique<char[]>(kStack));
    for (size_t i = 0; i < threads_.size(); ++i) {
      Thread& thread = threads_[i];
      getcontext(&thread.context);
      thread.context.uc_stack.ss_sp = stacks[i].get();
      thread.context.uc_stack.ss_size = kStack;
      thread.context.uc_link = &scheduler_;
      makecontext(&thread.context, &Block::enter, 0);
    }
  }

  // In turns, each up to its next barrier or its end; a thread that has ended is not waited for.
  void run() {
    running = this;
    for (bool any = true; any;) {
      any = false;
      for (current_ = 0; current_ < threads_.size(); ++current_) {
        Thread& thread = threads_[current_];
        if (thread.ended) continue;
        threadIdx = {static_cast<unsigned>(current_) % blockDim.x,
                     static_cast<unsigned>(current_) / blockDim.x};
        swapcontext(&scheduler_, &thread.context);
        any = true;
      }
    }
  }

  void wait() {
    const Index self = threadIdx;
    swapcontext(&threads_[current_].context, &scheduler_);
    threadIdx = self;
  }

 private:
  struct Thread {
    ucontext_t context;
    bool ended = false;
  };

  // Kept from block to block.
  static constexpr size_t kStack = 64 << 10;
  static inline std::vector<std::unique_ptr<char[]>> stacks;

  static void enter() {
    Block* const self = running;
    self->body_();
    self->threads_[self->current_].ended = true;
  }

  const std::function<void()>& body_;
  std::vector<Thread> threads_;
  ucontext_t scheduler_;
  size_t current_ = 0;
};

inline void __syncthreads() { Block::running->wait(); }

using Kernel = std::function<void(void** arguments)>;

template <typename... Parameters, size_t... I>
Kernel bound(void (*kernel)(Parameters...), std::index_sequence<I...>) {
  return [kernel](void** arguments) {
    kernel(*static_cast<std::remove_const_t<Parameters>*>(arguments[I])...);
  };
}
template <typename... Parameters>
Kernel bind(void (*kernel)(Parameters...)) {
  return bound(kernel, std::index_sequence_for<Parameters...>());
}

class EmulatedKernels final : public thaw::device::Kernels {
 public:
  EmulatedKernels(std::map<std::string, Kernel> kernels, unsigned multiprocessors)
      : kernels_(std::move(kernels)), multiprocessors_(multiprocessors) {}

  void launch(const char* name, thaw::device::Extent grid, thaw::device::Extent block,
              void** arguments) const override {
    const Kernel& kernel = kernels_.at(name);
    const std::function<void()> body = [&] { kernel(arguments); };
    blockDim = {block.x, block.y};
    gridDim = {grid.x, grid.y};
    for (unsigned y = 0; y < grid.y; ++y) {
      for (unsigned x = 0; x < grid.x; ++x) {
        blockIdx = {x, y};
        Block(block.x * block.y, body).run();
      }
    }
  }

  unsigned multiprocessors() const override { return multiprocessors_; }

 private:
  std::map<std::string, Kernel> kernels_;
  unsigned multiprocessors_;
};

// What nvcc brings along. Shared memory is one block's at a time.
#define __device__
#define __shared__ static
#define THAW_KERNEL static void
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
namespace in_float32 {
#include "engine/model/norm/channel_kernels.cu"
}
#define THAW_BFLOAT16
namespace in_bfloat16 {
#include "engine/model/norm/channel_kernels.cu"
}
#pragma GCC diagnostic pop
#undef THAW_BFLOAT16
#undef THAW_KERNEL
#undef __shared__
#undef __device__

#define THAW_EMULATED(room)                                                                 \
  {                                                                                         \
    {"moments", bind(room::moments)}, {"finish_moments", bind(room::finish_moments)},       \
        {"normalise", bind(room::normalise)}, {"gradient_sums", bind(room::gradient_sums)}, \
        {"finish_gradients", bind(room::finish_gradients)}, {                               \
      "input_gradient", bind(room::input_gradient)                                          \
    }                                                                                       \
  }

inline std::shared_ptr<const thaw::device::Kernels> emulated_kernels(bool bfloat16,
                                                                     unsigned multiprocessors) {
  if (bfloat16) {
    return std::make_shared<EmulatedKernels>(
        std::map<std::string, Kernel> THAW_EMULATED(in_bfloat16), multiprocessors);
  }
  return std::make_shared<EmulatedKernels>(std::map<std::string, Kernel> THAW_EMULATED(in_float32),
                                           multiprocessors);
}
#undef THAW_EMULATED

}  // namespace check::cuda
