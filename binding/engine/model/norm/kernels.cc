#include <ATen/Parallel.h>

#include <algorithm>

#include "engine/model/norm/arithmetic.h"

namespace thaw::model {
namespace {

constexpr int64_t kThreads = 256, kMerged = 32;  // as channel_kernels.cu has them

// Enough to have loads under way everywhere, few enough that merging their sums costs nothing.
constexpr int64_t kBlocksPerMultiprocessor = 4;

// How a grid of blocks walks over an activation. Its shape and the device decide it alone.
struct Layout {
  Layout(const at::Tensor& x, unsigned multiprocessors)
      : rows(x.numel() / x.size(1)), channels(static_cast<int>(x.size(1))) {
    const int64_t packs = channels * static_cast<int64_t>(x.element_size()) / kPackBytes;
    int64_t across = 1;
    while (across < 32 && packs % (2 * across) == 0) across *= 2;
    const int64_t down = kThreads / across;
    block = {static_cast<unsigned>(across), static_cast<unsigned>(down)};
    const int64_t wanted =
        std::max<int64_t>(kBlocksPerMultiprocessor * multiprocessors / (packs / across), 1);
    rows_each = at::divup(at::divup(rows, wanted), down) * down;
    chunks = static_cast<int>(at::divup(rows, rows_each));
    grid = {static_cast<unsigned>(packs / across), static_cast<unsigned>(chunks)};
  }

  device::Extent merging() const {
    return {static_cast<unsigned>(at::divup(int64_t{channels}, kMerged)), 1};
  }
  static device::Extent merging_block() { return {kMerged, kThreads / kMerged}; }

  long long rows, rows_each;
  int channels, chunks;
  device::Extent block, grid;
};

const void* memory(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.const_data_ptr() : nullptr;
}
void* written(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.mutable_data_ptr() : nullptr;
}

class KernelNorm final : public NormArithmetic {
 public:
  explicit KernelNorm(std::shared_ptr<const device::Kernels> kernels)
      : kernels_(std::move(kernels)) {}

  Normalised forward(const at::Tensor& x, const BatchNorm& norm, bool relu,
                     const at::Tensor& residual) const override {
    const Layout layout(x, kernels_->multiprocessors());
    const at::Tensor parts = values({layout.chunks, 2, layout.channels}, x);
    launch("moments", layout.grid, layout.block, memory(x), layout.rows, layout.channels,
           layout.rows_each, written(parts));
    const at::Tensor statistics = values({3, layout.channels}, x);
    launch("finish_moments", layout.merging(), Layout::merging_block(), memory(parts),
           layout.chunks, memory(x), layout.rows, layout.channels, memory(norm.weight),
           norm.epsilon, norm.momentum, written(norm.running_mean), written(norm.running_var),
           written(statistics));
    return {normalise(layout, x, statistics[0], statistics[1], norm.bias, relu, residual),
            statistics};
  }

  Gradients backward(const at::Tensor& gradient, const at::Tensor& x, const at::Tensor& y,
                     const at::Tensor& statistics, const at::Tensor& bias, bool relu,
                     bool of_x) const override {
    const Layout layout(x, kernels_->multiprocessors());
    const void *mean = memory(statistics[0]), *scale = memory(statistics[1]);
    const void* shift = memory(bias);
    const at::Tensor masked = y.defined() ? at::empty_like(x) : at::Tensor();
    const at::Tensor parts = values({layout.chunks, 2, layout.channels}, x);
    launch("gradient_sums", layout.grid, layout.block, memory(gradient), memory(x), memory(y),
           written(masked), layout.rows, layout.channels, layout.rows_each, mean, scale, shift,
           static_cast<int>(relu), written(parts));
    Gradients gradients{.x = {},
                        .weight = values({layout.channels}, x),
                        .bias = values({layout.channels}, x),
                        .residual = masked};
    const at::Tensor slopes = values({2, layout.channels}, x);
    launch("finish_gradients", layout.merging(), Layout::merging_block(), memory(parts),
           layout.chunks, layout.rows, layout.channels, memory(statistics),
           written(gradients.weight), written(gradients.bias), written(slopes));
    if (of_x) {
      gradients.x = at::empty_like(x);
      // Behind the ReLU there is none left.
      launch("input_gradient", layout.grid, layout.block,
             memory(masked.defined() ? masked : gradient), memory(x), written(gradients.x),
             layout.rows, layout.channels, layout.rows_each, mean, scale, shift,
             static_cast<int>(relu && !masked.defined()), memory(slopes));
    }
    return gradients;
  }

  at::Tensor apply(const at::Tensor& x, const at::Tensor& mean, const at::Tensor& scale,
                   const at::Tensor& shift, bool relu, const at::Tensor& residual) const override {
    return normalise(Layout(x, kernels_->multiprocessors()), x, mean, scale, shift, relu, residual);
  }

 private:
  static at::Tensor values(at::IntArrayRef sizes, const at::Tensor& x) {
    return at::empty(sizes, at::TensorOptions(at::kFloat).device(x.device()));
  }

  at::Tensor normalise(const Layout& layout, const at::Tensor& x, const at::Tensor& mean,
                       const at::Tensor& scale, const at::Tensor& shift, bool relu,
                       const at::Tensor& residual) const {
    const at::Tensor y = at::empty_like(x);
    launch("normalise", layout.grid, layout.block, memory(x), memory(residual), written(y),
           layout.rows, layout.channels, layout.rows_each, memory(mean), memory(scale),
           memory(shift), static_cast<int>(relu));
    return y;
  }

  template <typename... Arguments>
  void launch(const char* name, device::Extent grid, device::Extent block,
              Arguments... arguments) const {
    void* each[] = {&arguments...};
    kernels_->launch(name, grid, block, each);
  }

  std::shared_ptr<const device::Kernels> kernels_;
};

}  // namespace

std::unique_ptr<NormArithmetic> make_kernel_norm(std::shared_ptr<const device::Kernels> kernels) {
  return std::make_unique<KernelNorm>(std::move(kernels));
}

}  // namespace thaw::model
