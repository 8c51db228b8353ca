#include "engine/model/frozen_part.h"

#include "engine/model/fill_up.h"
#include "engine/model/kernels/choose.h"

namespace thaw::model {
namespace {

// The size of an image's features on their way through the network.
struct Extent {
  int64_t channels, height, width;

  explicit Extent(const Network& network)
      : channels(3), height(network.input().height), width(network.input().width) {}

  void pass(const ConvolutionNorm& pair) {
    channels = pair.convolution.out;
    for (int64_t* side : {&height, &width}) {
      *side = (*side + 2 * pair.convolution.padding - pair.convolution.kernel) /
                  pair.convolution.stride +
              1;
    }
  }
  void pool() {  // 3x3, stride 2, padding 1
    height = (height - 1) / 2 + 1;
    width = (width - 1) / 2 + 1;
  }
};

struct FrozenBlock {
  std::vector<std::unique_ptr<FrozenConvolution>> body;
  std::unique_ptr<FrozenConvolution> downsample;

  at::Tensor operator()(const at::Tensor& x) const {
    at::Tensor y = x;
    for (size_t i = 0; i + 1 < body.size(); ++i) y = body[i]->relu(y);
    return body.back()->add_relu(y, downsample ? downsample->plain(x) : x);
  }
};

class FoldedFrozenPart final : public FrozenPart {
 public:
  FoldedFrozenPart(const Network& network, int units, at::ScalarType compute,
                   device::Kernels kernels)
      : device_(network.device()), pool_(ends_pooled(network, units)) {
    if (units == 0) return;
    Extent extent(network);
    const auto prepare = [&](const ConvolutionNorm& pair) {
      return make_frozen_convolution(pair, extent.height, extent.width, compute, kernels);
    };
    stem_ = prepare(network.stem());
    extent.pass(network.stem());
    extent.pool();
    for (int i = 0; i + 1 < units; ++i) {
      const Block& block = network.blocks().at(i);
      FrozenBlock& frozen = blocks_.emplace_back();
      if (block.downsample) frozen.downsample = prepare(*block.downsample);
      for (const ConvolutionNorm& pair : block.body) {
        frozen.body.push_back(prepare(pair));
        extent.pass(pair);
      }
    }
  }

  at::Tensor forward(const at::Tensor& images, int64_t batch) const override {
    at::NoGradGuard no_grad;  // not inference mode: the result is an input of autograd
    if (!stem_) return images;
    const int64_t n = images.size(0);
    const int64_t group = images_at_a_time(device_, batch > 0 ? batch : n);
    std::vector<at::Tensor> groups;
    for (int64_t first = 0; first < n; first += group) {
      const int64_t count = std::min(group, n - first);
      const at::Tensor some = images.narrow(0, first, count);
      const bool fill = count < group && batch > 0;
      groups.push_back(fill ? run(filled_up(some, group)).narrow(0, 0, count) : run(some));
    }
    return groups.size() == 1 ? groups.front() : at::cat(groups);
  }

 private:
  at::Tensor run(const at::Tensor& images) const {
    at::Tensor x = at::max_pool2d(stem_->relu(images), {3, 3}, {2, 2}, {1, 1});
    for (const FrozenBlock& block : blocks_) x = block(x);
    return pool_ ? x.to(at::kFloat).mean({2, 3}).to(images.scalar_type()) : x;
  }

  at::Device device_;
  bool pool_;
  std::unique_ptr<FrozenConvolution> stem_;
  std::vector<FrozenBlock> blocks_;
};

}  // namespace

std::unique_ptr<FrozenPart> make_frozen_part(const Network& network, int units,
                                             at::ScalarType compute, device::Kernels kernels) {
  return std::make_unique<FoldedFrozenPart>(network, units, compute, kernels);
}

std::vector<int64_t> feature_shape(const Network& network, int units) {
  Extent extent(network);
  if (units > 0) {
    extent.pass(network.stem());
    extent.pool();
  }
  for (int i = 0; i + 1 < units; ++i) {
    for (const ConvolutionNorm& pair : network.blocks().at(i).body) extent.pass(pair);
  }
  if (ends_pooled(network, units)) return {extent.channels};
  return {extent.channels, extent.height, extent.width};
}

bool ends_pooled(const Network& network, int units) {
  return units == network.head_unit() && !network.head().empty() &&
         network.head().front().layer.kind == HeadKind::kGlobalAveragePooling;
}

std::string unit_name(const Network& network, int units) {
  if (ends_pooled(network, units)) return "avgpool";
  if (units > 1) return network.blocks().at(units - 2).name;
  return units == 1 ? "maxpool" : "";
}

}  // namespace thaw::model
