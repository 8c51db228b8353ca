#include "engine/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace thaw::train {

bool depends_on_epochs(const Schedule& schedule) {
  return schedule.kind == ScheduleKind::kCosine && schedule.epochs == 0;
}

double learning_rate_factor(const Schedule& schedule, int64_t step, int64_t steps_per_epoch,
                            int64_t epochs) {
  const auto at = static_cast<double>(step);
  const double warmup = std::round(schedule.warmup_epochs * static_cast<double>(steps_per_epoch));
  if (at < warmup) return (at + 1) / warmup;
  switch (schedule.kind) {
    case ScheduleKind::kConstant:
      return 1;
    case ScheduleKind::kCosine: {
      const double length = schedule.epochs > 0 ? schedule.epochs : static_cast<double>(epochs);
      const double total = std::round(static_cast<double>(steps_per_epoch) * length) - warmup;
      const double progress = std::clamp((at - warmup) / std::max(total, 1.0), 0.0, 1.0);
      return schedule.minimum +
             (1 - schedule.minimum) * 0.5 * (1 + std::cos(std::numbers::pi * progress));
    }
    case ScheduleKind::kStep:
      return std::pow(schedule.gamma, std::floor(at / (schedule.every_epochs *
                                                       static_cast<double>(steps_per_epoch))));
  }
  return 1;
}

}  // namespace thaw::train
