// What a run tells while it goes on and gives back at its end.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/data/loader.h"
#include "engine/train/cache_plan.h"
#include "engine/train/metrics.h"

namespace thaw::train {

struct EpochRecord {
  Metrics::Values
      training;  // over the epoch's batches, as they were trained (dropout on, weights moving)
  bool validated = false;
  Metrics::Values validation;
  double seconds = 0;            // training and validation
  double images_per_second = 0;  // training alone
  double learning_rate = 0;      // of the last step, before per-group rates
};

struct Evaluation {
  Metrics::Values values;
  std::vector<int64_t> confusion;  // classes x classes; rows: label, columns: prediction
  std::vector<data::UnreadableImage> unreadable = {};
};

// Where the time of a run went, seconds. A GPU works beside the thread that is timed: there, only
// `total`, `waiting` and `validation` tell something.
struct TimeSpent {
  double total = 0;
  double waiting = 0;     // training waited for images to be read and decoded
  double frozen = 0;      // features of the frozen part
  double cache = 0;       // keeping and recalling features
  double trained = 0;     // forward and backward of the trained part, optimizer
  double validation = 0;  // all of it, waiting included
};

struct History {
  std::vector<EpochRecord> epochs;
  std::vector<data::UnreadableImage> unreadable;
  int64_t best_epoch = -1;  // from 0; -1 without early stopping
  bool stopped_early = false;
  std::optional<Evaluation> evaluation;  // on the validation data, of the weights at the end
  TimeSpent time;
};

struct BeginEvent {
  int64_t batches;      // an epoch
  int64_t start_epoch;  // from 0; later than 0 when resumed
  int64_t trainable_parameters;
  int64_t batch_size;    // as given, or as it was found
  std::string boundary;  // the last frozen layer's module; empty where nothing is frozen
  CacheReport training_cache, validation_cache;
};

struct BatchEvent {
  int64_t epoch, batch, batches;             // from 0; of how many
  int64_t images;                            // of the epoch so far
  double images_per_second, loss, accuracy;  // of the epoch so far
};

struct FitEvents {
  std::function<void(const BeginEvent&)> begin;
  std::function<void(const BatchEvent&)>
      batch;  // about ten times a second; null: nothing is read for it
  std::function<void(int64_t epoch, const EpochRecord&)> epoch;
};

}  // namespace thaw::train
