#include "engine/session/session.h"

namespace thaw::session {

Session::Parts Session::split(int boundary, at::ScalarType compute,
                              std::optional<device::Kernels> wanted) const {
  return {std::make_shared<model::FrozenPart>(*network, boundary, compute, kernels(wanted)),
          model::lower_for_training(*network, boundary, compute)};
}

const Session::Parts& Session::inference(at::ScalarType compute,
                                         std::optional<device::Kernels> wanted) {
  if (inference_version_ != network->version() || inference_type_ != compute ||
      inference_kernels_ != kernels(wanted) || !inference_.frozen) {
    inference_ = {};  // free the old copies before the new ones are made
    inference_ = split(network->backbone_boundary(), compute, wanted);
    inference_version_ = network->version();
    inference_type_ = compute;
    inference_kernels_ = kernels(wanted);
  }
  return inference_;
}

at::Tensor Session::input(const at::Tensor& images, std::shared_ptr<void> lease,
                          at::ScalarType compute) const {
  return data::normalise(backend->upload(images, std::move(lease)), preprocessing, compute);
}

at::ScalarType automatic_precision(const device::Backend& backend) {
  return backend.fast_bfloat16() ? at::kBFloat16 : at::kFloat;
}

}  // namespace thaw::session
