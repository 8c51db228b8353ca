#include "engine/model/frozen_cudnn.h"

#include <optional>
#include <vector>

#include "engine/model/fill_up.h"
#include "engine/model/folded.h"

namespace thaw::model {
namespace {

constexpr int64_t kUndilated[] = {1, 1};

at::Tensor convolution(const FoldedConvolution& c, const at::Tensor& x) {
  return at::conv2d(x, c.weight, {}, {c.stride, c.stride}, {c.padding, c.padding});
}

at::Tensor convolution_relu(const FoldedConvolution& c, const at::Tensor& x) {
  return at::cudnn_convolution_relu(x, c.weight, c.bias, {c.stride, c.stride},
                                    {c.padding, c.padding}, kUndilated, /*groups=*/1);
}

at::Tensor convolution_add_relu(const FoldedConvolution& c, const at::Tensor& x,
                                const at::Tensor& sum) {
  return at::cudnn_convolution_add_relu(x, c.weight, sum, /*alpha=*/1, c.bias, {c.stride, c.stride},
                                        {c.padding, c.padding}, kUndilated, /*groups=*/1);
}

struct FusedBlock {
  std::vector<FoldedConvolution> body;
  std::optional<FoldedConvolution> downsample;  // its bias is part of the last convolution's

  FusedBlock(const Block& block, at::ScalarType compute) {
    for (const ConvolutionNorm& pair : block.body) body.push_back(fold(pair, compute));
    if (!block.downsample) return;
    downsample = fold(*block.downsample, compute);
    // Rounded once, after the sum.
    const at::Tensor last = fold(block.body.back(), at::kDouble).bias;
    body.back().bias = (last + fold(*block.downsample, at::kDouble).bias).to(compute);
  }

  at::Tensor operator()(const at::Tensor& x) const {
    at::Tensor y = x;
    for (size_t i = 0; i + 1 < body.size(); ++i) y = convolution_relu(body[i], y);
    return convolution_add_relu(body.back(), y, downsample ? convolution(*downsample, x) : x);
  }
};

// cuDNN's fused kernels are slow for a 7x7 convolution of 3 channels in channels-last memory
// (pytorch/pytorch#68506). Bias and ReLU keep the order of numbers, so they may follow the pooling,
// which leaves a quarter of the values: the results are the same to the bit.
at::Tensor stem_pooled(const FoldedConvolution& stem, const at::Tensor& images) {
  return at::max_pool2d(convolution(stem, images), {3, 3}, {2, 2}, {1, 1})
      .add_(stem.bias.view({1, -1, 1, 1}))
      .relu_();
}

class CudnnFrozenPart final : public FrozenPart {
 public:
  CudnnFrozenPart(const Network& network, int units, at::ScalarType compute)
      : pool_(ends_pooled(network, units)) {
    if (units > 0) stem_ = fold(network.stem(), compute);
    for (int i = 0; i + 1 < units; ++i) blocks_.emplace_back(network.blocks().at(i), compute);
  }

  // cuDNN chooses its kernels by the whole batch's shape.
  at::Tensor forward(const at::Tensor& images, int64_t batch) const override {
    at::NoGradGuard no_grad;  // not inference mode: the result is an input of autograd
    if (!stem_) return images;
    if (const int64_t n = images.size(0); n < batch)
      return forward(filled_up(images, batch), batch).narrow(0, 0, n);
    at::Tensor x = stem_pooled(*stem_, images);
    for (const FusedBlock& block : blocks_) x = block(x);
    return pool_ ? x.to(at::kFloat).mean({2, 3}).to(images.scalar_type()) : x;
  }

 private:
  bool pool_;
  std::optional<FoldedConvolution> stem_;
  std::vector<FusedBlock> blocks_;
};

}  // namespace

bool cudnn_fuses(at::Device device, at::ScalarType compute) {
  return device.is_cuda() &&
         (compute == at::kFloat || compute == at::kBFloat16 || compute == at::kHalf);
}

std::unique_ptr<FrozenPart> make_cudnn_frozen_part(const Network& network, int units,
                                                   at::ScalarType compute) {
  return std::make_unique<CudnnFrozenPart>(network, units, compute);
}

}  // namespace thaw::model
