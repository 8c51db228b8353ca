#include "engine/train/session.h"

#include "engine/model/frozen_replayed.h"

namespace thaw::train {

Session::Parts Session::split(int first_trained_unit, at::ScalarType compute) const {
  const int boundary = std::min(first_trained_unit, network->head_unit());
  auto frozen = model::make_frozen_part(*network, boundary, compute);
  if (boundary > 0) frozen = model::make_replayed_frozen_part(std::move(frozen), backend);
  return {std::move(frozen), model::make_trained_part(*network, boundary, compute)};
}

const Session::Parts& Session::inference(at::ScalarType compute) {
  if (inference_version_ != network->version() || inference_type_ != compute ||
      !inference_.frozen) {
    inference_ = {};  // free the old copies before the new ones are made
    inference_ = split(network->head_unit(), compute);
    inference_version_ = network->version();
    inference_type_ = compute;
  }
  return inference_;
}

at::Tensor Session::input(const at::Tensor& images, std::shared_ptr<void> lease,
                          at::ScalarType compute) const {
  const at::Tensor there = images.is_cpu() ? backend->upload(images, std::move(lease)) : images;
  return data::normalise(there, preprocessing, compute);
}

at::ScalarType automatic_precision(const device::Backend& backend) {
  return backend.fast_bfloat16() ? at::kBFloat16 : at::kFloat;
}

}  // namespace thaw::train
