#include "engine/train/fit.h"

#include <cmath>

#include "engine/error.h"
#include "engine/session/within_memory.h"
#include "engine/stopwatch.h"
#include "engine/train/bad_steps.h"
#include "engine/train/early_stopping.h"
#include "engine/train/evaluate.h"
#include "engine/train/saved_run.h"
#include "engine/train/sources.h"
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
        images_(dataset->size()),
        bad_steps_(options.non_finite, dataset),
        classes_(classes),
        target_(target_of(*dataset)),
        boundary_(session.network->boundary()),
        parts_(session.split(boundary_, options.compute, options.kernels)),
        proof_(*session.network),
        saved_(options.checkpoint.directory.empty()
                   ? nullptr
                   : std::make_unique<SavedRun>(options.checkpoint)),
        options_(with_batch_size(options)),
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
    std::optional<Checkpoint> found;
    if (saved_) {
      Fingerprint run =
          run_fingerprint(session, proof_, *dataset, validation.get(), classes, training, options_);
      found = saved_->go_on(run);
      saved_->begin(std::move(run), proof_);
    }
    if (found) resume(*found, batches);
    Sources sources = open_sources(frozen(), options_, epochs() - position_.epoch,
                                   std::move(dataset), std::move(validation));
    training_ = std::move(sources.training);
    validation_ = std::move(sources.validation);
    training_cache_ = std::move(sources.training_cache);
    validation_cache_ = std::move(sources.validation_cache);
    if (found) {
      training_->leave_out(found->unreadable);
      if (validation_) validation_->leave_out(found->unreadable_validation);
    }
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
                     .validation_cache = validation_cache_,
                     .start_batch = position_.batch,
                     .epochs = position_.epochs,
                     .notes = saved_ ? saved_->notes() : std::vector<std::string>{}});
    }
    if (control_) control_->wait_until_released();
    if (validation_) good_ = snapshot(trainable_state(*session_.network));
    while (position_.epoch < epochs() && !stopped_early_) run_epoch();
    if (watch_ && options_.early_stopping->restore_best && !best_.empty()) {
      restore_state(*session_.network, best_);
      evaluation_.reset();
    }
    session_.network->touch();
    proof_.check();
    if (saved_) {
      const Stopwatch watch(seconds_saved_);
      saved_->flush();
    }
    History history;
    history.frozen = proof_.report();
    history.skipped_steps = position_.skipped_steps;
    history.notes = bad_steps_.notes();
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

  Frozen frozen() const { return {session_, parts_, boundary_}; }

  FitOptions with_batch_size(FitOptions options) const {
    const std::string found = saved_ ? saved_->found("batchSize") : "";
    if (options.batch_size == 0 && !found.empty()) options.batch_size = std::stoll(found);
    options.batch_size = chosen_batch_size(frozen(), options, images_);
    return options;
  }

  // Spent on what an epoch does that recalls its features.
  double seconds_recallable() const { return seconds_trained_ + training_->seconds().cache; }

  TimeSpent time_spent() const {
    const features::FeatureSource::Seconds& training = training_->seconds();
    TimeSpent time = time_before_;
    time.total += seconds_since(start_);
    time.waiting += training.waiting;
    time.frozen += training.frozen;
    time.cache += training.cache;
    time.trained += seconds_trained_;
    time.validation += seconds_validated_;
    time.checkpoint += seconds_saved_;
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
    const bool improved = watch_ && watch_->improved(epoch, record);
    if (watch_) stopped_early_ = watch_->exhausted(epoch);
    position_.epoch = epoch + 1;
    position_.batch = 0;
    position_.training_seconds = 0;
    position_.metric_sums.reset();
    keep(improved && options_.early_stopping->restore_best);
    if (events_.epoch) {
      const bool last = position_.epoch == epochs() || stopped_early_;
      events_.epoch(options_.initial_epoch + epoch, record, last);
    }
    const bool goes_on = !control_ || control_->goes_on_to_next_epoch();
    if (!goes_on && position_.epoch < epochs()) stopped_early_ = true;
  }

  // At the end of an epoch, for all that may need it: one copy of the weights.
  void keep(bool as_best) {
    if (!saved_ && !validation_ && !as_best) return;
    const Stopwatch watch(seconds_saved_);
    const StateDict now = trainable_state(*session_.network);
    if (as_best) best_ = now;
    if (!saved_ && !validation_) return;
    Checkpoint all = snapshot(now);
    if (validation_) good_ = all;
    if (saved_) saved_->save(std::move(all));
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
    const int64_t first = first_of_epoch_ = position_.batches_before + epoch * batches;
    training_->start_epoch(position_.epochs_before + epoch, position_.batch);
    for (int64_t batch = position_.batch; batch < batches; ++batch) {
      if (control_) {
        if (!control_->goes_on()) abort_at(batch, metrics, elapsed());
        if (control_->is_finishing()) break;
      }
      if (saved_ && saved_->due(whole_run(epoch, batch, batches))) {
        check_numbers(metrics, elapsed());
        stand_at(batch, metrics, elapsed());
        const Stopwatch watch(seconds_saved_);
        saved_->save(snapshot(trainable_state(*session_.network)));
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
      bad_steps_.trained(first + batch, next->samples);
      if (step_.guard().knows()) check_numbers(metrics, elapsed());
      if (events_.batch && (seconds_since(reported) > 0.1 || batch + 1 == batches)) {
        reported = Clock::now();
        check_numbers(metrics, elapsed());
        const int64_t here = batch + 1 - first_batch;
        const double recalled = (seconds_recallable() - recallable) / static_cast<double>(here);
        report(epoch, batch, batches, metrics, elapsed(), recalled);
      }
    }
    step_.finish(metrics);
    session_.backend->synchronize();
    check_numbers(metrics, elapsed());
    record.training = metrics.read();
    const double seconds = elapsed();
    record.images_per_second =
        static_cast<double>(record.training.images) / std::max(seconds, 1e-9);
    stand_at(batches, metrics, seconds);
  }

  // Where a step has had numbers that are not finite, it has not been taken; the run ends, or goes
  // on without it.
  void check_numbers(const Metrics& metrics, double seconds) {
    const int64_t epoch = options_.initial_epoch + position_.epoch;
    switch (bad_steps_.judge(step_.guard(), epoch, first_of_epoch_)) {
      case BadSteps::Verdict::kNone:
        return;
      case BadSteps::Verdict::kLeftOut:
        ++position_.skipped_steps;
        return;
      case BadSteps::Verdict::kEnd:
        break;
    }
    // Elsewhere the steps since the bad one are gone with it: the checkpoint of before stays.
    if (step_.guard().knows()) {
      stand_at(step_.group_start() - first_of_epoch_, metrics, seconds);
      save();
    } else if (saved_) {
      saved_->flush();
    }
    session_.network->touch();
    fail("ERR_LOSS_NOT_FINITE", bad_steps_.sentence(), "; the weights are those before it",
         saved_ ? ", and the checkpoint can be gone on from with another learning rate" : "",
         ": lower the learning rate, or clip the gradients.");
  }

  // Weights can be finite and yet have gone where nothing is learnt any more.
  void check_validation() {
    if (std::abs(evaluation_->values["loss"]) <= FiniteGuard::kLargestLoss) return;
    restore_state(*session_.network, good_.model);
    if (saved_) {
      step_.optimizer().load_state(good_.optimizer);
      saved_->save(good_);
      saved_->flush();
    }
    fail("ERR_LOSS_NOT_FINITE", "The validation loss was no finite number after epoch ",
         options_.initial_epoch + position_.epoch + 1,
         "; the weights are those before that epoch: lower the learning rate, or clip the "
         "gradients.");
  }

  void validate(EpochRecord& record) {
    try {
      evaluate_now();
    } catch (const Error& error) {
      if (error.code() == "ERR_ABORTED") save();  // resumes with this validation
      throw;
    }
    check_validation();
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
    const int64_t views = std::max<int64_t>(training_loader(session_, options_).views, 1);
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
    check_numbers(metrics, seconds);
    stand_at(batch, metrics, seconds);
    save();
    session_.network->touch();
    fail("ERR_ABORTED", "Training was stopped in epoch ",
         options_.initial_epoch + position_.epoch + 1, " before batch ", batch + 1, ".");
  }

  void stand_at(int64_t batch, const Metrics& metrics, double seconds) {
    position_.batch = batch;
    position_.metric_sums = metrics.sums();
    position_.training_seconds = seconds;
  }

  // Until it is on the disk.
  void save() {
    if (!saved_) return;
    saved_->save(snapshot(trainable_state(*session_.network)));
    saved_->flush();
  }

  // All of the run as it is now: `model` and copies, which training leaves as they are. Without
  // checkpoints the weights alone.
  Checkpoint snapshot(StateDict model) {
    Checkpoint all = position_;
    all.model = std::move(model);
    if (!saved_) return all;
    for (const auto& [name, tensor] : step_.optimizer().state())
      all.optimizer.emplace_back(name, host_copy(tensor));
    all.group = step_.group();
    all.best = best_;
    if (watch_) {
      all.best_epoch = watch_->best_epoch();
      all.best_value = watch_->best_value();
    }
    all.time = time_spent();
    all.unreadable = training_->unreadable();
    if (validation_) all.unreadable_validation = validation_->unreadable();
    return all;
  }

  void resume(Checkpoint& found, int64_t batches) {
    restore_state(*session_.network, found.model);
    step_.optimizer().load_state(found.optimizer);
    step_.restore(found.group);
    best_ = std::exchange(found.best, {});
    if (watch_) {
      watch_->restore(found.best_epoch, found.best_value);
      stopped_early_ = found.epoch > 0 && watch_->exhausted(found.epoch - 1);
    }
    time_before_ = found.time;
    const int64_t before = std::stoll(saved_->found("batchSize"));
    if (before != options_.batch_size) {
      // The schedule counts in epochs: it goes on where it was.
      const int64_t images = found.batch * before;
      found.batch = images >= images_ ? batches : images / options_.batch_size;
      found.batches_before = found.epochs_before * batches;
    }
    position_ = found;
    position_.model.clear();
    position_.optimizer.clear();
    position_.group = {};
  }

  // Seconds from the run's start to its end, as far as its pace tells.
  double whole_run(int64_t epoch, int64_t batch, int64_t batches) const {
    const auto done = static_cast<double>(epoch * batches + batch);
    const auto all = static_cast<double>(epochs() * batches);
    return done == 0 ? 0 : (time_before_.total + seconds_since(start_)) * all / done;
  }

  const Clock::time_point start_ = Clock::now();
  Session& session_;
  TrainingState& state_;
  const int64_t images_;  // to train on
  BadSteps bad_steps_;
  int64_t classes_;
  const Target target_;
  const int boundary_;  // the node up to which all is frozen
  const Session::Parts parts_;
  FrozenProof proof_;
  const std::unique_ptr<SavedRun> saved_;  // null: no checkpoints
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
  Checkpoint position_;  // where the run stands; without tensors, see snapshot()
  Checkpoint good_;      // at the end of the last epoch, with validation
  StateDict best_;
  bool stopped_early_ = false;
  TimeSpent time_before_;  // by the process that was interrupted
  int64_t first_of_epoch_ = 0;
  double seconds_trained_ = 0, seconds_validated_ = 0, seconds_saved_ = 0, last_validation_ = 0;
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
