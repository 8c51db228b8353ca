// Out of memory: one sentence with, for a device, the batch size that would fit.
#pragma once

#include <cstdint>

#include "engine/reason.h"
#include "engine/session/options.h"
#include "engine/session/session.h"

namespace thaw::session {

// What batches of two sizes took at their peak, in bytes.
struct MeasuredBatches {
  int64_t small, small_bytes;
  int64_t large, large_bytes;
};

// The largest batch for which `bytes` are enough with a tenth to spare: a batch takes a constant
// and as much again for each image. A multiple of 8 from 8 on; 0 where not even one image fits.
int64_t fitting_batch_size(const MeasuredBatches& measured, int64_t bytes);

enum class Pass { kInference, kTraining };

// Measures small batches and throws ERR_OUT_OF_MEMORY with the size that would fit. Changes neither
// weights nor statistics.
[[noreturn]] void fail_out_of_memory(Session& session, const DataOptions& options, Pass pass);

// Of the host's memory nobody knows how much a batch may take.
[[noreturn]] void fail_out_of_host_memory(const DataOptions& options);

// Does `work`; where the device's or the host's memory is too small for it, throws
// ERR_OUT_OF_MEMORY.
template <typename Work>
auto within_memory(Session& session, const DataOptions& options, Pass pass, const Work& work) {
  try {
    return work();
  } catch (const c10::OutOfMemoryError&) {
    // All that `work` held is released before anything is measured.
  } catch (const std::exception& error) {
    if (!host_memory_is_full(error)) throw;
    fail_out_of_host_memory(options);
  }
  fail_out_of_memory(session, options, pass);
}

}  // namespace thaw::session
