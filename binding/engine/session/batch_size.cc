#include "engine/session/batch_size.h"

#include <sys/resource.h>

#include <algorithm>

#include "engine/session/trial.h"
#include "engine/stopwatch.h"

namespace thaw::session {
namespace {

constexpr int64_t kSmallest = 8, kLargest = 1024;
constexpr int64_t kStepsAnEpoch = 16;
constexpr double kEnoughSeconds = 0.2;  // of measuring a batch size

int64_t peak_of_host() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;
}

// How much more has been held at once than at the beginning, and how much more may be.
class MemoryMeter {
 public:
  MemoryMeter(const device::Backend& backend, int64_t of_host) : backend_(backend), room_(of_host) {
    backend.watch_memory();
    if (const std::optional<device::MemoryUse> use = backend.memory_use()) {
      start_ = use->held;
      room_ = use->capacity - use->held;
    } else {
      start_ = peak_of_host();
    }
  }

  // Twice the images take up to twice the memory.
  bool has_room_to_double() const {
    const std::optional<device::MemoryUse> use = backend_.memory_use();
    return 2 * ((use ? use->peak : peak_of_host()) - start_) < room_;
  }

 private:
  const device::Backend& backend_;
  int64_t start_ = 0, room_;
};

}  // namespace

int64_t knee(int64_t largest, const std::function<double(int64_t)>& seconds) {
  std::vector<std::pair<int64_t, double>> speeds;  // images a second
  double fastest = 0;
  for (int64_t size = kSmallest; size <= std::max(largest, kSmallest); size *= 2) {
    const double taken = seconds(size);
    if (taken < 0) break;
    const double speed = static_cast<double>(size) / taken;
    speeds.emplace_back(size, speed);
    // Once twice the images are no faster, four times will not be.
    if (speed < 1.02 * fastest) break;
    fastest = std::max(fastest, speed);
  }
  for (const auto& [size, speed] : speeds) {
    if (speed >= 0.95 * fastest) return size;
  }
  return kSmallest;
}

int64_t find_batch_size(const Session& session, const Session::Parts& parts, int boundary,
                        const DataOptions& options, int64_t memory, int64_t images, bool kept) {
  const MemoryMeter meter(*session.backend, memory);
  return knee(std::min(images / kStepsAnEpoch, kLargest), [&](int64_t size) {
    if (size > kSmallest && !meter.has_room_to_double()) return -1.0;
    const auto pass = [&] {
      trial_pass(session, parts, boundary, options.compute, size, /*gradients=*/true,
                 /*through_frozen=*/!kept);
    };
    try {
      pass();  // kernels are prepared
      double total = 0;
      int64_t times = 0;
      double least = 0;
      while (total < kEnoughSeconds || times < 2) {
        double once = 0;
        {
          const Stopwatch watch(once);
          pass();
        }
        total += once;
        least = times++ == 0 ? once : std::min(least, once);
      }
      return least;
    } catch (const c10::OutOfMemoryError&) {
      forget_gradients(session);
      return -1.0;
    }
  });
}

}  // namespace thaw::session
