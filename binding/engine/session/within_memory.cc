#include "engine/session/within_memory.h"

#include <algorithm>
#include <iomanip>
#include <sstream>

#include "engine/error.h"
#include "engine/session/trial.h"

namespace thaw::session {
namespace {

std::string gibibytes(int64_t bytes) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(1) << static_cast<double>(bytes) / (1 << 30) << " GiB";
  return text.str();
}

int64_t peak_of(const Session& session, const Session::Parts& parts, int boundary,
                const DataOptions& options, Pass pass, int64_t images) {
  const auto once = [&] {
    trial_pass(session, parts, boundary, options.compute, images, pass == Pass::kTraining,
               /*through_frozen=*/true);
  };
  once();  // the first time, kernels are chosen and tried out
  session.backend->watch_memory();
  const int64_t before = session.backend->memory_use()->held;
  once();
  return session.backend->memory_use()->peak - before;
}

int64_t estimate(Session& session, const DataOptions& options, Pass pass) {
  try {
    const model::Network& network = *session.network;
    const int boundary = pass == Pass::kTraining ? network.boundary() : network.backbone_boundary();
    const Session::Parts parts = pass == Pass::kTraining
                                     ? session.split(boundary, options.compute, options.kernels)
                                     : session.inference(options.compute, options.kernels);
    const bool given = options.batch_size > 0;  // 0: it was looked for
    const int64_t small = given && options.batch_size <= 16 ? 1 : 8, large = 2 * small;
    const MeasuredBatches measured{
        .small = small,
        .small_bytes = peak_of(session, parts, boundary, options, pass, small),
        .large = large,
        .large_bytes = peak_of(session, parts, boundary, options, pass, large),
    };
    const device::MemoryUse use = *session.backend->memory_use();
    const int64_t fits = fitting_batch_size(measured, use.capacity - use.held);
    return given ? std::min(fits, options.batch_size - 1) : fits;
  } catch (const c10::OutOfMemoryError&) {
    forget_gradients(session);
    return 0;
  }
}

}  // namespace

int64_t fitting_batch_size(const MeasuredBatches& measured, int64_t bytes) {
  const int64_t images = measured.large - measured.small;
  const auto each = static_cast<double>(measured.large_bytes - measured.small_bytes) /
                    static_cast<double>(images);
  const auto constant =
      static_cast<double>(measured.small_bytes) - each * static_cast<double>(measured.small);
  constexpr double kShare = 0.9;
  const double room = kShare * static_cast<double>(bytes) - std::max(constant, 0.0);
  if (room <= 0) return 0;
  if (each <= 0) return measured.large;
  const auto fits = static_cast<int64_t>(room / each);
  return fits > 8 ? fits / 8 * 8 : fits;
}

void fail_out_of_host_memory(const DataOptions& options) {
  std::ostringstream message;
  message << "The machine's memory is too small";
  if (options.batch_size > 0) message << " for a batch size of " << options.batch_size;
  message << ": free some of it, take smaller batches or smaller images, or train fewer layers.";
  fail("ERR_OUT_OF_MEMORY", message.str());
}

void fail_out_of_memory(Session& session, const DataOptions& options, Pass pass) {
  const std::optional<device::MemoryUse> use = session.backend->memory_use();
  std::ostringstream message;
  message << "The GPU's memory";
  if (use) message << " (" << gibibytes(use->capacity) << ")";
  message << " is too small";
  if (options.batch_size > 0) message << " for a batch size of " << options.batch_size;
  const int64_t fits = use ? estimate(session, options, pass) : 0;
  if (fits > 0) {
    message << "; about " << fits << " would fit.";
  } else {
    message << "; free some of it, train fewer layers, or take smaller images.";
  }
  fail("ERR_OUT_OF_MEMORY", message.str());
}

}  // namespace thaw::session
