#include "engine/train/frozen_proof.h"

#include "engine/error.h"
#include "engine/files/digest.h"

namespace thaw::train {
namespace {

// Of the memory as it lies, which is the same as long as the tensor is.
std::string digest_of_memory(const at::Tensor& tensor) {
  const at::Tensor here = tensor.is_cpu() ? tensor : tensor.to(at::kCPU);
  TORCH_INTERNAL_ASSERT(here.is_non_overlapping_and_dense());
  return fast_digest(here.const_data_ptr(), here.nbytes());
}

}  // namespace

FrozenProof::FrozenProof(model::Network& network) {
  std::vector<at::Tensor> values;
  for (const model::Network::Named& named : network.named_tensors()) {
    if (named.trainable) continue;
    tensors_.emplace_back(named.name, named.tensor->detach());
    values.push_back(tensors_.back().second);
    digests_.push_back(digest_of_memory(values.back()));
  }
  std::string all;
  for (const std::string& one : digests(values)) all += one;
  digest_ = digest(all);
}

void FrozenProof::check() {
  std::string changed;
  int64_t count = 0;
  for (size_t i = 0; i < tensors_.size(); ++i) {
    const auto& [name, tensor] = tensors_[i];
    if (digest_of_memory(tensor) == digests_[i]) continue;
    if (++count <= 3) changed += (changed.empty() ? "" : ", ") + name;
  }
  if (count > 0) {
    fail("ERR_FROZEN_CHANGED", "Frozen layers have changed in training (", changed,
         count > 3 ? ", and more" : "", ": ", count, " of ", tensors_.size(),
         " tensors), which must not be: what this run has trained cannot be trusted.");
  }
  ++checks_;
}

FrozenProof::Report FrozenProof::report() const {
  return {.tensors = static_cast<int64_t>(tensors_.size()), .checks = checks_, .digest = digest_};
}

}  // namespace thaw::train
