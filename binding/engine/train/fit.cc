#include "engine/train/fit.h"

#include <cmath>

#include "engine/error.h"
#include "engine/session/batch_size.h"
#include "engine/session/predict.h"
#include "engine/session/within_memory.h"
#include "engine/stopwatch.h"
#include "engine/train/checkpoint.h"
#include "engine/train/early_stopping.h"
#include "engine/train/evaluate.h"
#include "engine/train/step.h"
#include "engine/train/time_left.h"

namespace thaw::train {
namespace {

using Clock = Stopwatch::Clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

class Run {
 public:
  Run(Session& session, TrainingState& state, std::shared_ptr<const data::Dataset> dataset,
      std::shared_ptr<const data::Dataset> validation, int64_t classes,
      const TrainingOptions& training, const FitOptions& options, const FitEvents& events,
      const Control* control)
      : session_(session),
        state_(state),
        classes_(classes),
        target_(target_of(*dataset)),
        boundary_(session.network->boundary()),
        parts_(session.split(boundary_, options.compute, options.kernels)),
        options_(with_batch_size(options, dataset->size())),
        events_(events),
        control_(control),
        schedule_(training.schedule),
        learning_rate_(training.optimizer.learning_rate),
        metrics_(chosen_metrics(training.metrics, target_)),
        step_(session, parts_.trained, training, options_, classes, target_),
        measured_(unweighted(training.loss), session.network->outputs(),
                  session.network->device()) {
    if (options.initial_epoch >= options.epochs) {
      fail("ERR_INVALID_ARGUMENT", "Expected an initialEpoch below the ", options.epochs,
           " epochs but received ", options.initial_epoch, ".");
    }
    if (validation && target_of(*validation) != target_) {
      fail("ERR_INVALID_ARGUMENT", "The training images have ",
           target_ == Target::kOneClass ? "one label each and those of validation several"
                                        : "several labels and those of validation one each",
           ".");
    }
    step_.optimizer().adopt(state.optimizer);
    const int64_t batches = (dataset->size() + options_.batch_size - 1) / options_.batch_size;
    position_.epochs_before = std::max(state.epochs, options.initial_epoch);
    position_.batches_before = std::max(state.batches, options.initial_epoch * batches);
    if (options.early_stopping) watch_.emplace(*options.early_stopping, metrics_);
    if (watch_ && watch_->needs_validation() && !validation) {
      fail("ERR_INVALID_ARGUMENT", "Early stopping on a validation quantity needs validationData.");
    }
    if (!options.checkpoint.directory.empty()) {
      fingerprint_ =
          run_fingerprint(session, *dataset, validation.get(), classes, training, options_);
      if (options.checkpoint.resume) resume();
    }
    open_sources(std::move(dataset), std::move(validation));
  }

  // The state follows the weights, however the run ends.
  History operator()() {
    try {
      History history = run();
      keep_state();
      return history;
    } catch (...) {
      keep_state();
      throw;
    }
  }

 private:
  History run() {
    if (events_.begin) {
      events_.begin({.batches = training_->batches_per_epoch(),
                     .start_epoch = options_.initial_epoch + position_.epoch,
                     .trainable_parameters = step_.trainable_parameters(),
                     .batch_size = options_.batch_size,
                     .precision = options_.compute,
                     .boundary = session_.network->graph().at(boundary_).names.torch,
                     .training_cache = training_cache_,
                     .validation_cache = validation_cache_});
    }
    while (position_.epoch < epochs() && !stopped_early_) run_epoch();
    if (watch_ && options_.early_stopping->restore_best && !best_.empty()) {
      restore_state(*session_.network, best_);
      evaluation_.reset();
    }
    session_.network->touch();
    History history;
    history.epochs = position_.epochs;
    if (validation_ && !evaluation_) evaluate_now();
    history.evaluation = evaluation_;
    for (const auto* source : {training_.get(), validation_.get()}) {
      if (!source) continue;
      for (auto& image : source->unreadable()) history.unreadable.push_back(std::move(image));
      for (auto& image : source->changed()) history.changed.push_back(std::move(image));
    }
    history.best_epoch = watch_ ? watch_->best_epoch() : -1;
    history.stopped_early = stopped_early_;
    history.time = time_spent();
    history.precision = options_.compute;
    return history;
  }

  // To be run by this call.
  int64_t epochs() const { return options_.epochs - options_.initial_epoch; }

  void keep_state() {
    state_.epochs = position_.epochs_before + position_.epoch + (position_.batch > 0 ? 1 : 0);
    state_.batches = position_.batches_before + position_.epoch * training_->batches_per_epoch() +
                     position_.batch;
    state_.optimizer = step_.optimizer().state();
  }

  FitOptions with_batch_size(FitOptions options, int64_t images) const {
    if (options.batch_size == 0) {
      const bool kept = make_plan(options).keeps(training_loader(options),
                                                 options.epochs - options.initial_epoch);
      options.batch_size = session::find_batch_size(session_, parts_, boundary_, options,
                                                    options.cache.memory, images, kept);
    }
    return options;
  }

  features::CachePlan make_plan(const FitOptions& options) const {
    return features::CachePlan(session_, boundary_, options, options.cache);
  }

  data::LoaderOptions training_loader(const FitOptions& options) const {
    data::LoaderOptions loader = session::loader_options(session_, options);
    loader.shuffle = options.shuffle;
    loader.seed = options.seed;
    loader.augmentation = options.augmentation;
    loader.views = options.augmentation == data::Augmentation::kNone ? 0 : options.views;
    return loader;
  }

  void open_sources(std::shared_ptr<const data::Dataset> dataset,
                    std::shared_ptr<const data::Dataset> validation) {
    features::CachePlan plan = make_plan(options_);
    const int64_t passes = epochs() - position_.epoch;
    const auto limit = std::make_shared<data::UnreadableLimit>(
        options_.max_unreadable_share, dataset->size() + (validation ? validation->size() : 0));
    const auto open = [&](const char* name, std::shared_ptr<const data::Dataset> from,
                          data::LoaderOptions loader, features::CacheReport& report) {
      loader.limit = limit;
      auto cache = plan.make(name, *from, loader, passes, report);
      return std::make_unique<features::FeatureSource>(session_, parts_.frozen, std::move(from),
                                                       loader, options_.compute, std::move(cache));
    };
    // Validation first: it is the smaller one, and nothing is random about it.
    if (validation) {
      validation_ = open("validation", std::move(validation),
                         session::loader_options(session_, options_), validation_cache_);
    }
    training_ = open("train", std::move(dataset), training_loader(options_), training_cache_);
  }

  // Spent on what an epoch does that recalls its features.
  double seconds_recallable() const { return seconds_trained_ + training_->seconds().cache; }

  TimeSpent time_spent() const {
    const features::FeatureSource::Seconds& training = training_->seconds();
    TimeSpent time{.total = seconds_since(start_),
                   .waiting = training.waiting,
                   .frozen = training.frozen,
                   .cache = training.cache,
                   .trained = seconds_trained_,
                   .validation = seconds_validated_};
    return time;
  }

  void run_epoch() {
    const int64_t epoch = position_.epoch;
    EpochRecord record;
    const Clock::time_point start = Clock::now();
    const double seconds_before = position_.training_seconds;
    evaluation_.reset();
    train_epoch(record);
    if (validation_) validate(record);
    record.seconds = seconds_before + seconds_since(start);

    position_.epochs.push_back(record);
    if (watch_) {
      if (watch_->improved(epoch, record) && options_.early_stopping->restore_best) {
        best_ = trainable_state(*session_.network);
      }
      stopped_early_ = watch_->exhausted(epoch);
    }
    position_.epoch = epoch + 1;
    position_.batch = 0;
    position_.training_seconds = 0;
    position_.metric_sums.reset();
    save();
    if (events_.epoch) {
      const bool last = position_.epoch == epochs() || stopped_early_;
      events_.epoch(options_.initial_epoch + epoch, record, last);
    }
    const bool goes_on = !control_ || control_->goes_on_to_next_epoch();
    if (!goes_on && position_.epoch < epochs()) stopped_early_ = true;
  }

  void train_epoch(EpochRecord& record) {
    const int64_t epoch = position_.epoch, batches = training_->batches_per_epoch();
    Metrics metrics(metrics_, target_, /*classes=*/0, session_.network->device());
    record.learning_rate = position_.learning_rate;
    if (position_.metric_sums.defined()) metrics.restore(position_.metric_sums);
    const double seconds_before = position_.training_seconds;
    const Clock::time_point start = Clock::now();
    const auto elapsed = [&] { return seconds_before + seconds_since(start); };
    const int64_t first_batch = position_.batch;
    const double recallable = seconds_recallable();
    Clock::time_point reported = start;

    // Counted through all calls: what is drawn by them goes on.
    const int64_t first = position_.batches_before + epoch * batches;
    training_->start_epoch(position_.epochs_before + epoch, position_.batch);
    for (int64_t batch = position_.batch; batch < batches; ++batch) {
      if (!step_.pending() && control_) {
        if (!control_->goes_on()) abort_at(batch, metrics, elapsed());
        if (control_->is_finishing()) break;
      }
      const std::optional<features::FeatureBatch> next = training_->next();
      if (!next) break;
      if (next->images() == 0) continue;
      {
        const Stopwatch watch(seconds_trained_);
        const int64_t number = first + batch;
        double factor =
            learning_rate_factor(schedule_, number, batches, position_.epochs_before + epochs());
        if (control_) factor *= control_->learning_rate_factor();
        record.learning_rate = position_.learning_rate = learning_rate_ * factor;
        step_(next->features, next->target, next->weights, number, factor, metrics);
      }
      position_.batch = batch + 1;
      if (events_.batch && (seconds_since(reported) > 0.1 || batch + 1 == batches)) {
        reported = Clock::now();
        const int64_t here = batch + 1 - first_batch;
        const double recalled = (seconds_recallable() - recallable) / static_cast<double>(here);
        report(epoch, batch, batches, metrics, elapsed(), recalled);
      }
    }
    step_.finish();
    session_.backend->synchronize();
    record.training = metrics.read();
    const double seconds = elapsed();
    record.images_per_second =
        static_cast<double>(record.training.images) / std::max(seconds, 1e-9);
    if (!std::isfinite(record.training["loss"])) {
      fail("ERR_LOSS_NOT_FINITE", "The loss was no longer a finite number in epoch ",
           options_.initial_epoch + epoch + 1, ": lower the learning rate or clip the gradients.");
    }
    position_.batch = batches;
    position_.metric_sums = metrics.sums();
    position_.training_seconds = seconds;
  }

  void validate(EpochRecord& record) {
    try {
      evaluate_now();
    } catch (const Error& error) {
      if (error.code() == "ERR_ABORTED") save();  // resumes with this validation
      throw;
    }
    for (const Metric* metric : metrics_)
      record.validation.means.emplace_back(metric, evaluation_->values[metric->name]);
    record.validation.images = evaluation_->values.images;
  }

  void evaluate_now() {
    const Stopwatch watch(seconds_validated_);
    Metrics metrics(every_metric(target_), target_, std::max(classes_, session_.network->outputs()),
                    session_.network->device());
    const int64_t epoch = position_.epoch, batches = validation_->batches_per_epoch();
    const Clock::time_point start = Clock::now();
    Clock::time_point reported = start;
    evaluate_pass(*validation_, *parts_.trained, measured_, metrics, control_, [&](int64_t batch) {
      if (!events_.validation || (seconds_since(reported) <= 0.1 && batch + 1 < batches)) return;
      reported = Clock::now();
      events_.validation(
          {.epoch = options_.initial_epoch + epoch, .batch = batch, .batches = batches});
    });
    evaluation_ = {metrics.read(), metrics.confusion(), metrics.label_scores({})};
    last_validation_ = seconds_since(start);
  }

  void report(int64_t epoch, int64_t batch, int64_t batches, const Metrics& metrics, double seconds,
              double recalled_batch) {
    const Metrics::Values values = metrics.read();
    const int64_t after = epochs() - epoch - 1;
    // Each view is computed once.
    const int64_t views = std::max<int64_t>(training_loader(options_).views, 1);
    const int64_t computing = std::clamp<int64_t>(views - epoch - 1, 0, after);
    const Pace pace{.batches = batches,
                    .done = batch + 1,
                    .epochs_after = after,
                    .computing_after = training_->keeps() ? computing : after,
                    .batch = seconds / static_cast<double>(batch + 1),
                    .recalled_batch = recalled_batch,
                    .validation_batches = validation_ ? validation_->batches_per_epoch() : 0,
                    .last_validation = last_validation_,
                    .validation_recalled = validation_ && validation_->keeps()};
    events_.batch(
        {.epoch = options_.initial_epoch + epoch,
         .batch = batch,
         .batches = batches,
         .images_per_second = static_cast<double>(values.images) / std::max(seconds, 1e-9),
         .seconds_left = time_left(pace),
         .values = values});
  }

  [[noreturn]] void abort_at(int64_t batch, const Metrics& metrics, double seconds) {
    position_.batch = batch;
    position_.metric_sums = metrics.sums();
    position_.training_seconds = seconds;
    save();
    session_.network->touch();
    fail("ERR_ABORTED", "Training was stopped in epoch ",
         options_.initial_epoch + position_.epoch + 1, " before batch ", batch + 1, ".");
  }

  void save() {
    if (options_.checkpoint.directory.empty()) return;
    position_.model = trainable_state(*session_.network);
    position_.optimizer = step_.optimizer().state();
    position_.best = best_;
    if (watch_) {
      position_.best_epoch = watch_->best_epoch();
      position_.best_value = watch_->best_value();
    }
    save_checkpoint(options_.checkpoint.directory, fingerprint_, position_);
    position_.model.clear();
    position_.optimizer.clear();
  }

  void resume() {
    std::optional<Checkpoint> found = load_checkpoint(options_.checkpoint.directory, fingerprint_);
    if (!found) return;
    restore_state(*session_.network, found->model);
    step_.optimizer().load_state(found->optimizer);
    best_ = std::move(found->best);
    position_ = std::move(*found);
    position_.model.clear();
    position_.optimizer.clear();
    position_.best.clear();
    if (watch_) {
      watch_->restore(position_.best_epoch, position_.best_value);
      stopped_early_ = position_.epoch > 0 && watch_->exhausted(position_.epoch - 1);
    }
  }

  const Clock::time_point start_ = Clock::now();
  Session& session_;
  TrainingState& state_;
  int64_t classes_;
  const Target target_;
  const int boundary_;  // the node up to which all is frozen
  const Session::Parts parts_;
  const FitOptions options_;
  const FitEvents& events_;
  const Control* control_;
  const Schedule schedule_;
  const double learning_rate_;
  const std::vector<const Metric*> metrics_;  // recorded
  Step step_;
  const Loss measured_;
  std::unique_ptr<features::FeatureSource> training_, validation_;
  features::CacheReport training_cache_, validation_cache_;
  std::optional<Evaluation> evaluation_;  // of the weights as they are now
  std::optional<EarlyStoppingWatch> watch_;
  Fingerprint fingerprint_;
  Checkpoint position_;  // where the run stands; its tensors are filled in only to be saved
  StateDict best_;
  bool stopped_early_ = false;
  double seconds_trained_ = 0, seconds_validated_ = 0, last_validation_ = 0;
};

}  // namespace

History fit(Session& session, TrainingState& state, std::shared_ptr<const data::Dataset> dataset,
            std::shared_ptr<const data::Dataset> validation, int64_t classes,
            const TrainingOptions& training, const FitOptions& options, const FitEvents& events,
            const Control* control) {
  const auto scope = session.backend->enter();
  return session::within_memory(session, options, session::Pass::kTraining, [&] {
    return Run(session, state, dataset, validation, classes, training, options, events, control)();
  });
}

}  // namespace thaw::train
