#include "engine/session/trial.h"

namespace thaw::session {
namespace {

at::Tensor made_up_features(const Session& session, const Session::Parts& parts, int boundary,
                            at::ScalarType compute, int64_t images, bool through_frozen) {
  if (through_frozen) {
    const data::Preprocessing& p = session.preprocessing;
    const at::Tensor pixels = at::zeros({images, p.height, p.width, 3}, at::kByte);
    return parts.frozen->forward(session.input(pixels, nullptr, compute));
  }
  std::vector<int64_t> sizes = session.network->graph().at(boundary).shape;
  sizes.insert(sizes.begin(), images);
  const at::Tensor features =
      at::zeros(sizes, at::TensorOptions().dtype(compute).device(session.backend->device()));
  return features.dim() == 4 ? features.contiguous(at::MemoryFormat::ChannelsLast) : features;
}

}  // namespace

void trial_pass(const Session& session, const Session::Parts& parts, int boundary,
                at::ScalarType compute, int64_t images, bool gradients, bool through_frozen) {
  const at::AutoGradMode mode(gradients);
  const at::Tensor features =
      made_up_features(session, parts, boundary, compute, images, through_frozen);
  const at::Tensor output = parts.trained->forward(features, {});
  if (output.requires_grad()) output.sum().backward();
  forget_gradients(session);
  session.backend->synchronize();
}

void forget_gradients(const Session& session) {
  for (const model::Network::Named& named : session.network->named_tensors()) {
    if (named.tensor->grad().defined()) named.tensor->mutable_grad().reset();
  }
}

}  // namespace thaw::session
