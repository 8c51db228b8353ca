// A network on a device with its preprocessing: what is trained, evaluated and asked for
// predictions.
#pragma once

#include <memory>
#include <optional>

#include "engine/data/preprocessing.h"
#include "engine/device/backend.h"
#include "engine/model/frozen_part.h"
#include "engine/model/network.h"

namespace thaw::session {

struct Session {
  std::shared_ptr<model::Network> network;
  std::shared_ptr<const device::Backend> backend;
  data::Preprocessing preprocessing;

  // The network prepared to be run up to a boundary as frozen, from there on as trained.
  struct Parts {
    std::shared_ptr<const model::FrozenPart> frozen;
    std::shared_ptr<const model::Program> trained;
  };
  Parts split(int boundary, at::ScalarType compute,
              std::optional<device::Kernels> wanted = {}) const;

  // Both parts for inference: all of the backbone as frozen. Kept until the network changes.
  const Parts& inference(at::ScalarType compute, std::optional<device::Kernels> wanted = {});

  // Those that are wanted, else the device's own.
  device::Kernels kernels(std::optional<device::Kernels> wanted) const {
    return wanted.value_or(backend->default_kernels());
  }

  // Preprocessed images on the host -> device, normalised, in the compute type.
  at::Tensor input(const at::Tensor& images, std::shared_ptr<void> lease,
                   at::ScalarType compute) const;

 private:
  Parts inference_;
  uint64_t inference_version_ = ~uint64_t{0};
  at::ScalarType inference_type_ = at::kFloat;
  device::Kernels inference_kernels_ = device::Kernels::kPlain;
};

// bfloat16 where the device computes faster in it, else float32.
at::ScalarType automatic_precision(const device::Backend& backend);

}  // namespace thaw::session
