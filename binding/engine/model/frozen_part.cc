#include "engine/model/frozen_part.h"

#include <optional>
#include <vector>

#include "engine/model/folded.h"
#include "engine/model/frozen_checked.h"
#include "engine/model/frozen_cudnn.h"

namespace thaw::model {
namespace {

struct FoldedBlock {
  std::vector<FoldedConvolution> body;
  std::optional<FoldedConvolution> downsample;

  at::Tensor operator()(const at::Tensor& x) const {
    at::Tensor y = x;
    for (size_t i = 0; i < body.size(); ++i) {
      y = body[i](y);
      if (i + 1 < body.size()) y.relu_();
    }
    return y.add_(downsample ? (*downsample)(x) : x).relu_();
  }
};

// BatchNorm folded, ReLU and the sums in place, libtorch's convolutions one by one.
class EagerFrozenPart final : public FrozenPart {
 public:
  EagerFrozenPart(const Network& network, int units, at::ScalarType compute) {
    if (units > 0) stem_ = fold(network.stem(), compute);
    for (int i = 0; i + 1 < units; ++i) {
      const Block& block = network.blocks().at(i);
      FoldedBlock folded;
      for (const ConvolutionNorm& pair : block.body) folded.body.push_back(fold(pair, compute));
      if (block.downsample) folded.downsample = fold(*block.downsample, compute);
      blocks_.push_back(std::move(folded));
    }
  }

  at::Tensor forward(const at::Tensor& images) const override {
    at::NoGradGuard no_grad;  // not inference mode: the result is an input of autograd
    if (!stem_) return images;
    at::Tensor x = at::max_pool2d((*stem_)(images).relu_(), {3, 3}, {2, 2}, {1, 1});
    for (const FoldedBlock& block : blocks_) x = block(x);
    return x;
  }

 private:
  std::optional<FoldedConvolution> stem_;
  std::vector<FoldedBlock> blocks_;
};

}  // namespace

std::unique_ptr<FrozenPart> make_frozen_part(const Network& network, int units,
                                             at::ScalarType compute) {
  auto eager = std::make_unique<EagerFrozenPart>(network, units, compute);
  if (units == 0 || !cudnn_fuses(network.device(), compute)) return eager;
  return make_checked_frozen_part(make_cudnn_frozen_part(network, units, compute),
                                  std::move(eager));
}

}  // namespace thaw::model
