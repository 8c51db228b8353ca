// An activation [N, C, H, W] in channels-last memory as rows of channels, walked through in
// parallel.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

#include "engine/device/parallel.h"
#include "engine/model/norm/channel_kernels.h"
#include "engine/torch.h"

namespace thaw::model {

// The rows are cut into chunks. The cut depends on the shape alone, and chunks are summed in order:
// no result depends on how threads share them.
class ChannelRows {
 public:
  explicit ChannelRows(const at::Tensor& x)
      : rows_(x.numel() / x.size(1)),
        channels_(x.size(1)),
        chunk_(std::clamp<int64_t>(at::divup(rows_, 128), 64, 512)) {}

  int64_t count() const { return rows_; }
  int64_t channels() const { return channels_; }

  // body(offset of the chunk's first element, its shape), chunks in parallel.
  template <typename Body>
  void each(const Body& body) const {
    device::parallel_ranges(chunks(), [&](int64_t begin, int64_t end) {
      for (int64_t chunk = begin; chunk < end; ++chunk) body(offset(chunk), shape(chunk));
    });
  }

  // As each(), where body(sums, offset, shape) adds to two float sums a channel. Returns the
  // totals: the first sums of all channels, then the second ones.
  template <typename Body>
  std::vector<double> sum(const Body& body) const {
    const at::Tensor parts = at::zeros({chunks(), 2, channels_}, at::kFloat);
    float* const first = parts.mutable_data_ptr<float>();
    device::parallel_ranges(chunks(), [&](int64_t begin, int64_t end) {
      // From the end, which was written last and may still be in the processor's cache; each() then
      // finds the beginning there.
      for (int64_t chunk = end; chunk-- > begin;)
        body(first + chunk * 2 * channels_, offset(chunk), shape(chunk));
    });
    std::vector<double> totals(2 * channels_);
    merge_sums(first, chunks(), 2 * channels_, totals.data());
    return totals;
  }

 private:
  int64_t chunks() const { return at::divup(rows_, chunk_); }
  int64_t offset(int64_t chunk) const { return chunk * chunk_ * channels_; }
  RowShape shape(int64_t chunk) const {
    return {std::min(chunk_, rows_ - chunk * chunk_), channels_};
  }

  int64_t rows_, channels_, chunk_;
};

}  // namespace thaw::model
