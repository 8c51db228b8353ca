#include "engine/train/early_stopping.h"

#include "engine/error.h"

namespace thaw::train {

EarlyStoppingWatch::EarlyStoppingWatch(const EarlyStopping& options,
                                       const std::vector<const Metric*>& recorded)
    : options_(options) {
  std::string known;
  for (const Metric* metric : recorded) {
    validation_ = options.monitor == metric->validation_name();
    if (validation_ || options.monitor == metric->name) {
      metric_ = metric;
      return;
    }
    known +=
        (known.empty() ? "'" : ", '") + metric->name + "', '" + metric->validation_name() + "'";
  }
  fail("ERR_INVALID_ARGUMENT", "Expected one of ", known,
       " for earlyStopping.monitor but received '", options.monitor, "'.");
}

bool EarlyStoppingWatch::improved(int64_t epoch, const EpochRecord& record) {
  const double mean = (validation_ ? record.validation : record.training)[metric_->name];
  const double value = metric_->larger_is_better ? mean : -mean;
  if (best_epoch_ >= 0 && value <= best_value_ + options_.min_delta) return false;
  best_epoch_ = epoch;
  best_value_ = value;
  return true;
}

}  // namespace thaw::train
