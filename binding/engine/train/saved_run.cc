#include "engine/train/saved_run.h"

#include <algorithm>
#include <system_error>

#include "engine/error.h"

namespace thaw::train {
namespace {

constexpr double kShortestInterval = 30, kLongestShare = 0.01;

std::string place(const Checkpoint& checkpoint) {
  std::string text = "epoch " + std::to_string(checkpoint.epoch + 1);
  if (checkpoint.batch > 0) text += ", after batch " + std::to_string(checkpoint.batch);
  return text;
}

}  // namespace

SavedRun::SavedRun(const CheckpointOptions& options)
    : options_(options), store_(options.directory) {
  for (const Fact& fact : options.description) description_[fact.name] = fact.text;
  if (options.resume) found_ = store_.newest();
}

SavedRun::~SavedRun() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::string SavedRun::found(const std::string& option) const {
  if (!found_) return "";
  const auto& texts = found_->file.run.open;
  const auto entry = texts.find(option);
  return entry == texts.end() ? "" : entry->second;
}

std::optional<Checkpoint> SavedRun::go_on(const Fingerprint& run) {
  if (!options_.resume) return std::nullopt;
  if (!found_) {
    notes_.push_back("There is no checkpoint in " + options_.directory +
                     ": the run begins at its start.");
    return std::nullopt;
  }
  const std::string where = "The checkpoint in " + options_.directory;
  const Fingerprint& before = found_->file.run;
  const std::vector<Difference> fixed = differences(before.fixed, run.fixed);
  if (!fixed.empty()) {
    fail(
        "ERR_CHECKPOINT_MISMATCH", where, " is of another run: ", joined(fixed),
        ". A run goes on with the same data, network and kind of optimizer; what is to have others "
        "is a new run, in another folder.");
  }
  std::vector<Difference> changed = differences(before.open, run.open), unasked;
  std::copy_if(
      changed.begin(), changed.end(), std::back_inserter(unasked),
      [&](const Difference& difference) { return !is_named(difference, options_.changes); });
  if (!unasked.empty()) {
    fail("ERR_CHECKPOINT_MISMATCH", where, " is of a run with other options: ", joined(unasked),
         ". A run goes on with changed options where they are asked for by name.");
  }
  for (const std::string& sentence : found_->damaged)
    notes_.push_back(sentence + " The checkpoint before it is taken.");
  notes_.push_back("going on from " + place(found_->file.checkpoint));
  for (const Difference& difference : changed) notes_.push_back("from here on, " + difference.text);
  return std::move(found_->file.checkpoint);
}

void SavedRun::begin(Fingerprint run, FrozenProof& frozen) {
  if (!options_.resume) store_.clear();
  run_ = std::move(run);
  frozen_ = &frozen;
  last_ = Stopwatch::Clock::now();
  try {
    thread_ = std::thread([this] { work(); });
  } catch (const std::system_error&) {
    // save() then writes itself: slower, and as safe.
  }
}

bool SavedRun::due(double total) {
  const double interval =
      options_.every > 0 ? options_.every : std::max(kShortestInterval, kLongestShare * total);
  const std::chrono::duration<double> passed = Stopwatch::Clock::now() - last_;
  if (passed.count() < interval) return false;
  const std::lock_guard lock(mutex_);
  return !writing_ && !waiting_;
}

void SavedRun::save(Checkpoint checkpoint) {
  last_ = Stopwatch::Clock::now();
  if (!thread_.joinable()) return write(checkpoint);
  std::unique_lock lock(mutex_);
  throw_failure(lock);
  waiting_ = std::move(checkpoint);
  changed_.notify_all();
}

void SavedRun::flush() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return failure_ || (!waiting_ && !writing_); });
  throw_failure(lock);
}

void SavedRun::throw_failure(std::unique_lock<std::mutex>& lock) {
  if (!failure_) return;
  waiting_.reset();
  const std::exception_ptr failure = std::exchange(failure_, nullptr);
  lock.unlock();
  std::rethrow_exception(failure);
}

void SavedRun::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return waiting_ || ending_; });
    if (!waiting_) return;
    const Checkpoint checkpoint = *std::exchange(waiting_, std::nullopt);
    writing_ = true;
    lock.unlock();
    std::exception_ptr failure;
    try {
      write(checkpoint);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    writing_ = false;
    failure_ = failure;
    changed_.notify_all();
    if (failure && ending_) return;
  }
}

// What is saved are contiguous copies on the CPU: tensor operations in here would start an OpenMP
// team of this thread's own.
void SavedRun::write(const Checkpoint& checkpoint) {
  frozen_->check();
  const auto write_all = [&] {
    if (!frozen_written_ || !store_.exists())
      store_.write_frozen(frozen_->tensors(), frozen_->report().digest);
    frozen_written_ = true;
    store_.write(run_, description_, checkpoint);
  };
  try {
    write_all();
  } catch (const Error&) {
    if (store_.exists()) throw;
    write_all();  // the folder was removed meanwhile: it is made again
  }
}

}  // namespace thaw::train
