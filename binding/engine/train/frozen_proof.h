// What is frozen stays as it is, byte for byte: seen at the start, and checked from then on.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "engine/fields.h"
#include "engine/model/network.h"
#include "engine/state_dict.h"

namespace thaw::train {

class FrozenProof {
 public:
  // Of every tensor, buffers included, of the layers that are not trainable now.
  explicit FrozenProof(model::Network& network);

  // Reads them all. Throws ERR_FROZEN_CHANGED that names those that are others. No tensor operation
  // where they are on the CPU: any thread may.
  void check();

  struct Report {
    int64_t tensors = 0;
    int64_t checks = 0;  // that have found nothing
    std::string digest;  // of all of them: the same values have the same
  };
  Report report() const;

  // The tensors themselves.
  const StateDict& tensors() const { return tensors_; }

 private:
  StateDict tensors_;
  std::vector<std::string> digests_;  // of their memory
  std::string digest_;
  std::atomic<int64_t> checks_ = 0;
};

void fields(auto& visit, Of<FrozenProof::Report> auto& report) {
  visit("tensors", report.tensors);
  visit("checks", report.checks);
  visit("digest", report.digest);
}

}  // namespace thaw::train
