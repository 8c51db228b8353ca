// Learning rate schedules, by optimizer step.
#pragma once

#include <cstdint>

#include "engine/fields.h"

namespace thaw::train {

enum class ScheduleKind { kConstant, kCosine, kStep };

constexpr auto names(ScheduleKind) {
  return std::to_array<Name<ScheduleKind>>({{ScheduleKind::kConstant, "constant"},
                                            {ScheduleKind::kCosine, "cosine"},
                                            {ScheduleKind::kStep, "step"}});
}

struct Schedule {
  ScheduleKind kind = ScheduleKind::kConstant;
  double warmup_epochs = 0;  // linear from 1/steps up to the full rate
  double epochs = 0;         // cosine: its length with the warm-up; 0: that of the run
  double minimum = 0;        // cosine: the share of the full rate at the end
  double every_epochs = 30;  // step: epochs between two reductions
  double gamma = 0.1;        // step: factor of each reduction
};

void fields(auto& visit, Of<Schedule> auto& schedule) {
  visit("kind", schedule.kind);
  visit("warmupEpochs", schedule.warmup_epochs);
  visit("epochs", schedule.epochs);
  visit("minimum", schedule.minimum);
  visit("every", schedule.every_epochs);
  visit("gamma", schedule.gamma);
}

// Whether the rate at a step changes with the number of epochs.
bool depends_on_epochs(const Schedule& schedule);

// What the learning rate is multiplied by at `step` (from 0, counted through all calls of fit()).
// `epochs`: of those before the run and its own. Cosine: Loshchilov and Hutter 2016,
// without restarts, over the steps after the warm-up.
double learning_rate_factor(const Schedule& schedule, int64_t step, int64_t steps_per_epoch,
                            int64_t epochs);

}  // namespace thaw::train
