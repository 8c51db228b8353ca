// How data is read and computed with, the same for training, evaluation and prediction.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/data/decode_options.h"
#include "engine/data/preprocessing.h"
#include "engine/device/kernels.h"
#include "engine/fields.h"

namespace thaw::session {

struct DataOptions {
  int64_t batch_size = 32;  // 0, in training: to be found
  int threads = 0;          // decoding threads; 0: as many as cores
  double max_unreadable_share = 0.1;
  int64_t max_pixels = data::DecodeOptions().max_pixels;
  std::optional<data::Decode> decode;  // unset: as the preprocessing has it
  at::ScalarType compute = at::kFloat;
  std::optional<device::Kernels> kernels;  // of the frozen part; unset: the device's own
};

// Of DataOptions and of what extends it.
void data_fields(auto& visit, auto& options) {
  visit("batchSize", options.batch_size);
  visit("precision", options.compute);
  visit("threads", options.threads, Field::kIncidental);
  visit("maxSkippedShare", options.max_unreadable_share, Field::kIncidental);
  visit("kernels", options.kernels);
  visit("decode", options.decode);
  visit("maxPixels", options.max_pixels);
}

void fields(auto& visit, Of<DataOptions> auto& options) { data_fields(visit, options); }

}  // namespace thaw::session
