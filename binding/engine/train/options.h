// Everything that decides a run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/data/loader.h"
#include "engine/features/options.h"
#include "engine/fields.h"
#include "engine/session/control.h"
#include "engine/session/options.h"
#include "engine/session/session.h"
#include "engine/train/loss.h"
#include "engine/train/optimizer.h"
#include "engine/train/schedule.h"

namespace thaw::train {

using features::CacheOptions;
using session::Control;
using session::DataOptions;
using session::Session;

// Modules (by torchvision's name) with a learning rate or weight decay of their own.
struct GroupOverride {
  std::vector<std::string> modules;
  std::optional<double> learning_rate;
  std::optional<double> weight_decay;
};

void fields(auto& visit, Of<GroupOverride> auto& group) {
  visit("modules", group.modules, Field::kRequired);
  visit("learningRate", group.learning_rate);
  visit("weightDecay", group.weight_decay);
}

// What Keras' compile() takes.
struct TrainingOptions {
  OptimizerOptions optimizer;
  std::vector<GroupOverride> groups;
  LossOptions loss;
  std::vector<std::string> metrics;  // beside loss and accuracy, see metrics.h
  Schedule schedule;
};

void fields(auto& visit, Of<TrainingOptions> auto& options) {
  visit("optimizer", options.optimizer);
  visit("groups", options.groups);
  fields(visit, options.loss);
  visit("metrics", options.metrics, Field::kFixed);  // the columns of the history
  visit("schedule", options.schedule);
}

struct EarlyStopping {
  std::string monitor = "valLoss";  // a metric, or one on the validation data
  int64_t patience = 0;  // epochs without improvement after which training stops; 0 counts as 1
  double min_delta = 0;  // a smaller change is no improvement
  bool restore_best = true;
};

void fields(auto& visit, Of<EarlyStopping> auto& options) {
  visit("monitor", options.monitor);
  visit("patience", options.patience);
  visit("minDelta", options.min_delta);
  visit("restoreBestWeights", options.restore_best);
}

// What is written down of a run for those who go on with it.
struct Fact {
  std::string name, text;
  bool fixed = false;  // a run with another text is another run
};

void fields(auto& visit, Of<Fact> auto& fact) {
  visit("name", fact.name, Field::kRequired);
  visit("text", fact.text, Field::kRequired);
  visit("fixed", fact.fixed);
}

struct CheckpointOptions {
  std::string directory;  // empty: no checkpoints
  bool resume = false;    // go on from the checkpoint, where there is one
  // Seconds from one to the next within an epoch; 0: 30, or a hundredth of the run where that is
  // longer.
  double every = 0;
  // Options that a run that goes on may have otherwise than before, by name: "learningRate",
  // "schedule".
  std::vector<std::string> changes;
  std::vector<Fact> facts;        // what tells the run from others, beside all that the engine sees
  std::vector<Fact> description;  // of the model, as its file has it in its metadata
};

void fields(auto& visit, Of<CheckpointOptions> auto& options) {
  visit("directory", options.directory);
  visit("resume", options.resume);
  visit("every", options.every);
  visit("changes", options.changes);
  visit("facts", options.facts);
  visit("description", options.description);
}

// What becomes of a step whose loss or gradients are no finite numbers.
enum class NonFinite {
  kStop,  // the run ends
  kSkip,  // the step is left out, and counted
};

constexpr auto names(NonFinite) {
  return std::to_array<Name<NonFinite>>({{NonFinite::kStop, "stop"}, {NonFinite::kSkip, "skip"}});
}

// What Keras' fit() takes.
struct FitOptions : DataOptions {
  int64_t epochs = 1;         // the number of the last one, counted from 1
  int64_t initial_epoch = 0;  // how many of them are not run: they were, in an earlier call
  bool shuffle = true;
  uint64_t seed = 0;
  data::Augmentation augmentation = data::Augmentation::kNone;
  // So many augmented views of an image, used in turns; 0: a new one each epoch.
  int64_t views = 0;
  CacheOptions cache;
  int64_t accumulation_steps = 1;  // batches that make one step, see Loss::Sum
  double clip_norm = 0;            // of all gradients together; 0: not clipped
  NonFinite non_finite = NonFinite::kStop;
  std::optional<EarlyStopping> early_stopping;
  CheckpointOptions checkpoint;
};

void fields(auto& visit, Of<FitOptions> auto& options) {
  data_fields(visit, options);
  // A run may be given more of them later, see depends_on_epochs().
  visit("epochs", options.epochs, Field::kIncidental);
  visit("initialEpoch", options.initial_epoch, Field::kFixed);
  visit("shuffle", options.shuffle);
  visit("seed", options.seed);
  visit("augment", options.augmentation);
  visit("cacheViews", options.views);
  visit("cache", options.cache, Field::kIncidental);
  visit("accumulationSteps", options.accumulation_steps);
  visit("clipNorm", options.clip_norm);
  visit("nonFinite", options.non_finite);
  visit("earlyStopping", options.early_stopping);
  visit("checkpoint", options.checkpoint, Field::kIncidental);
}

}  // namespace thaw::train
