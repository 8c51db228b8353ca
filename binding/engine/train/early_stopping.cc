#include "engine/train/early_stopping.h"

namespace thaw::train {
namespace {

double monitored(Monitor monitor, const EpochRecord& record) {
  switch (monitor) {
    case Monitor::kValLoss:
      return -record.validation.loss;
    case Monitor::kValAccuracy:
      return record.validation.accuracy;
    case Monitor::kLoss:
      return -record.training.loss;
    case Monitor::kAccuracy:
      return record.training.accuracy;
  }
  return 0;
}

}  // namespace

bool EarlyStoppingWatch::improved(int64_t epoch, const EpochRecord& record) {
  const double value = monitored(options_.monitor, record);
  if (best_epoch_ >= 0 && value <= best_value_ + options_.min_delta) return false;
  best_epoch_ = epoch;
  best_value_ = value;
  return true;
}

}  // namespace thaw::train
