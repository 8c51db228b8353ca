// What a run tells while it goes on and gives back at its end.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/data/loader.h"
#include "engine/features/plan.h"
#include "engine/train/frozen_proof.h"
#include "engine/train/metrics.h"

namespace thaw::train {

struct EpochRecord {
  Metrics::Values
      training;  // over the epoch's batches, as they were trained (dropout on, weights moving)
  Metrics::Values validation;    // of the same metrics; empty without validation data
  double seconds = 0;            // training and validation
  double images_per_second = 0;  // training alone
  double learning_rate = 0;      // of the last step, before per-group rates
};

// What an epoch has beside its metrics.
void figures(auto& visit, auto& record) {
  visit("images", record.training.images);
  visit("epochSeconds", record.seconds);
  visit("imagesPerSecond", record.images_per_second);
  visit("learningRate", record.learning_rate);
}

void fields(auto& visit, Of<EpochRecord> auto& record) {
  metric_fields(visit, record.training);
  for (const auto& [metric, mean] : record.validation.means)
    visit(metric->validation_name().c_str(), mean);
  figures(visit, record);
}

struct Evaluation {
  Metrics::Values values;           // of every metric
  std::vector<int64_t> confusion;   // classes x classes; rows: label, columns: prediction
  std::vector<LabelScores> labels;  // where an image may have many of them; then without the former
  std::vector<data::UnreadableImage> unreadable = {};
};

void fields(auto& visit, Of<Evaluation> auto& evaluation) {
  metric_fields(visit, evaluation.values);
  visit("images", evaluation.values.images);
  visit("confusion", evaluation.confusion);
  visit("labels", evaluation.labels);
  visit("skipped", evaluation.unreadable);
}

// Where the time of a run went, seconds. A GPU works beside the thread that is timed: there, only
// `total`, `waiting` and `validation` tell something.
struct TimeSpent {
  double total = 0;
  double waiting = 0;     // training waited for images to be read and decoded
  double frozen = 0;      // features of the frozen part
  double cache = 0;       // keeping and recalling features
  double trained = 0;     // forward and backward of the trained part, optimizer
  double validation = 0;  // all of it, waiting included
  double checkpoint = 0;  // copying what is saved, and waiting until the last of it is written
};

void fields(auto& visit, Of<TimeSpent> auto& time) {
  visit("total", time.total);
  visit("waiting", time.waiting);
  visit("frozen", time.frozen);
  visit("cache", time.cache);
  visit("trained", time.trained);
  visit("validation", time.validation);
  visit("checkpoint", time.checkpoint);
}

struct History {
  std::vector<EpochRecord> epochs;
  FrozenProof::Report frozen = {};
  int64_t skipped_steps = 0;            // with NonFinite::kSkip
  std::vector<std::string> notes = {};  // which they were
  std::vector<data::UnreadableImage> unreadable;
  std::vector<data::ChangedImage> changed;  // since they were first read
  int64_t best_epoch = -1;                  // from 0; -1 without early stopping
  bool stopped_early = false;
  std::optional<Evaluation> evaluation;  // on the validation data, of the weights at the end
  TimeSpent time;
  at::ScalarType precision = at::kFloat;
};

void fields(auto& visit, Of<History> auto& history) {
  visit("epochs", history.epochs);
  visit("frozen", history.frozen);
  visit("skippedSteps", history.skipped_steps);
  visit("notes", history.notes);
  visit("skipped", history.unreadable);
  visit("changed", history.changed);
  visit("bestEpoch", history.best_epoch);
  visit("stoppedEarly", history.stopped_early);
  visit("evaluation", history.evaluation);
  visit("seconds", history.time);
  visit("precision", history.precision);
}

struct BeginEvent {
  int64_t batches;      // an epoch
  int64_t start_epoch;  // from 0; later than 0 when resumed
  int64_t trainable_parameters;
  int64_t batch_size;  // as given, or as it was found
  at::ScalarType precision;
  std::string boundary;  // the last frozen layer's module; empty where nothing is frozen
  features::CacheReport training_cache, validation_cache;
  int64_t start_batch = 0;          // of that epoch
  std::vector<EpochRecord> epochs;  // that are done already
  std::vector<std::string> notes;   // on the checkpoints that were found
};

void fields(auto& visit, Of<BeginEvent> auto& event) {
  visit("batches", event.batches);
  visit("startEpoch", event.start_epoch);
  visit("trainableParameters", event.trainable_parameters);
  visit("batchSize", event.batch_size);
  visit("precision", event.precision);
  visit("boundary", event.boundary);
  visit("trainCache", event.training_cache);
  visit("validationCache", event.validation_cache);
  visit("startBatch", event.start_batch);
  visit("epochs", event.epochs);
  visit("notes", event.notes);
}

struct BatchEvent {
  int64_t epoch, batch, batches;  // from 0; of how many
  // Of the epoch so far.
  double images_per_second;
  double seconds_left;  // of the whole run
  Metrics::Values values;
};

void fields(auto& visit, Of<BatchEvent> auto& event) {
  visit("epoch", event.epoch);
  visit("batch", event.batch);
  visit("batches", event.batches);
  visit("images", event.values.images);
  visit("imagesPerSecond", event.images_per_second);
  visit("secondsLeft", event.seconds_left);
  metric_fields(visit, event.values);
}

struct ValidationEvent {
  int64_t epoch, batch, batches;  // from 0; of how many
};

void fields(auto& visit, Of<ValidationEvent> auto& event) {
  visit("epoch", event.epoch);
  visit("batch", event.batch);
  visit("batches", event.batches);
}

struct FitEvents {
  std::function<void(const BeginEvent&)> begin;
  std::function<void(const BatchEvent&)>
      batch;  // about ten times a second; null: nothing is read for it
  std::function<void(const ValidationEvent&)> validation = {};  // likewise
  std::function<void(int64_t epoch, const EpochRecord&, bool last)> epoch;
};

}  // namespace thaw::train
