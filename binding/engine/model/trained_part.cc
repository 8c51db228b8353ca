#include "engine/model/trained_part.h"

#include <variant>
#include <vector>

#include "engine/model/convolve.h"
#include "engine/model/folded.h"
#include "engine/model/frozen_part.h"
#include "engine/model/norm/fused_norm.h"
#include "engine/model/scaled_convolution.h"

namespace thaw::model {
namespace {

using Mode = TrainedPart::Mode;

// relu?(batch_norm(x) + residual?); a residual that is undefined is none.
at::Tensor normalise_batch(const BatchNorm& norm, const at::Tensor& x, const Mode& mode,
                           bool relu = false, const at::Tensor& residual = {}) {
  // A single value a channel has no variance: such a batch is normalised by the running statistics.
  const bool live = mode.training && norm.trainable && x.numel() > norm.channels;
  if (live) {
    at::NoGradGuard no_grad;
    at::Tensor counter = norm.batches_tracked;
    counter.add_(1);
  }
  if (can_fuse_norm(x)) {
    if (live) return fused_batch_norm(x, norm, relu, residual);
    if (!at::GradMode::is_enabled()) return fused_running_norm(x, norm, relu, residual);
  }
  at::Tensor y = at::batch_norm(x, norm.weight, norm.bias, norm.running_mean, norm.running_var,
                                live, norm.momentum, norm.epsilon, /*cudnn_enabled=*/true);
  return add_relu_(y, relu, residual);
}

// Convolution and BatchNorm of which the latter is trained.
struct LivePair {
  ConvolutionNorm pair;  // shares the network's tensors
  at::ScalarType compute;

  at::Tensor operator()(const at::Tensor& x, const Mode& mode, bool relu,
                        const at::Tensor& residual) const {
    const Convolution& convolution = pair.convolution;
    const int64_t stride = convolution.stride, padding = convolution.padding;
    const at::Tensor bias = convolution.biased ? convolution.bias.to(compute) : at::Tensor();
    const at::Tensor y =
        at::conv2d(x, convolution.weight.to(compute), bias, {stride, stride}, {padding, padding});
    return normalise_batch(pair.norm, y, mode, relu, residual);
  }
};

class Pair {
 public:
  Pair(const ConvolutionNorm& pair, at::ScalarType compute) : run_(FoldedConvolution{}) {
    if (pair.norm.trainable) {
      run_ = LivePair{pair, compute};
    } else if (pair.convolution.trainable) {
      run_ = ScaledConvolution(pair, compute);
    } else {
      run_ = fold(pair, compute);
    }
  }

  // relu?(norm(convolution(x)) + residual?)
  at::Tensor operator()(const at::Tensor& x, const Mode& mode, bool relu,
                        const at::Tensor& residual = {}) const {
    if (const auto* live = std::get_if<LivePair>(&run_)) return (*live)(x, mode, relu, residual);
    if (const auto* scaled = std::get_if<ScaledConvolution>(&run_))
      return (*scaled)(x, relu, residual);
    return std::get<FoldedConvolution>(run_)(x, relu, residual);
  }

 private:
  std::variant<FoldedConvolution, ScaledConvolution, LivePair> run_;
};

class TrainedBlock {
 public:
  TrainedBlock(const Block& block, at::ScalarType compute) {
    for (const ConvolutionNorm& pair : block.body) body_.emplace_back(pair, compute);
    if (block.downsample) downsample_.emplace(*block.downsample, compute);
  }

  at::Tensor operator()(const at::Tensor& x, const Mode& mode) const {
    at::Tensor y = x;
    for (size_t i = 0; i + 1 < body_.size(); ++i) y = body_[i](y, mode, /*relu=*/true);
    const at::Tensor residual = downsample_ ? (*downsample_)(x, mode, /*relu=*/false) : x;
    return body_.back()(y, mode, /*relu=*/true, residual);
  }

 private:
  std::vector<Pair> body_;
  std::optional<Pair> downsample_;
};

at::Tensor activate(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::kLinear:
      return x;
    case Activation::kRelu:
      return x.relu();
    case Activation::kSoftmax:
      return x.softmax(-1);
    case Activation::kSigmoid:
      return x.sigmoid();
  }
  return x;
}

at::Tensor drop(const at::Tensor& x, double rate, const Mode& mode) {
  if (!mode.training || rate == 0) return x;
  // Inverted dropout: what stays is scaled up, so that inference needs no scaling.
  const at::Tensor mask =
      at::empty_like(x, x.options().requires_grad(false)).bernoulli_(1 - rate, mode.generator);
  return x * mask.div_(1 - rate);
}

at::Tensor run_head_layer(const HeadModule& module, const at::Tensor& x, bool last,
                          at::ScalarType compute, const Mode& mode) {
  switch (module.layer.kind) {
    case HeadKind::kGlobalAveragePooling:
      return x.to(at::kFloat).mean({2, 3});
    case HeadKind::kFlatten:
      // Height, width, channels: Keras' order, and the order in channels-last memory.
      return x.permute({0, 2, 3, 1}).reshape({x.size(0), -1});
    case HeadKind::kDropout:
      return drop(x, module.layer.rate, mode);
    case HeadKind::kBatchNormalization:
      return normalise_batch(*module.norm, x, mode);
    case HeadKind::kDense: {
      // The logits are computed in float32: few multiplications, and the loss is sensitive to them.
      const at::ScalarType type = last ? at::kFloat : compute;
      const at::Tensor y =
          at::linear(x.to(type), module.dense->weight.to(type), module.dense->bias.to(type));
      return last ? y : activate(y, module.layer.activation);
    }
  }
  return x;
}

class EagerTrainedPart final : public TrainedPart {
 public:
  EagerTrainedPart(const Network& network, int first_unit, at::ScalarType compute)
      : compute_(compute), head_(network.head()), final_(network.final_activation()) {
    if (ends_pooled(network, first_unit)) head_.erase(head_.begin());  // the frozen part does it
    if (first_unit == 0) stem_.emplace(network.stem(), compute);
    for (int unit = std::max(first_unit, 1); unit < network.head_unit(); ++unit) {
      blocks_.emplace_back(network.blocks().at(unit - 1), compute);
    }
  }

  at::Tensor forward(const at::Tensor& features, const Mode& mode) const override {
    at::Tensor x = features;
    if (stem_) x = at::max_pool2d((*stem_)(x, mode, /*relu=*/true), {3, 3}, {2, 2}, {1, 1});
    for (const TrainedBlock& block : blocks_) x = block(x, mode);
    for (const HeadModule& module : head_) {
      x = run_head_layer(module, x, &module == &head_.back(), compute_, mode);
    }
    // A final ReLU is part of the function; softmax and sigmoid belong to the loss (log-sum-exp).
    return final_ == Activation::kRelu ? x.relu() : x;
  }

 private:
  at::ScalarType compute_;
  std::optional<Pair> stem_;
  std::vector<TrainedBlock> blocks_;
  std::vector<HeadModule> head_;  // shares the network's tensors
  Activation final_;
};

}  // namespace

std::unique_ptr<TrainedPart> make_trained_part(const Network& network, int first_unit,
                                               at::ScalarType compute) {
  return std::make_unique<EagerTrainedPart>(network, first_unit, compute);
}

}  // namespace thaw::model
