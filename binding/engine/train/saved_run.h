// A run's checkpoints as the run sees them: what it goes on from, when one is due, and a thread
// that writes them while training goes on.
#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/stopwatch.h"
#include "engine/train/checkpoint_store.h"

namespace thaw::train {

class SavedRun {
 public:
  explicit SavedRun(const CheckpointOptions& options);
  ~SavedRun();  // what waits to be written is written; that it cannot be is passed over

  // What a text of the found run says; empty: no run was found, or it does not say it.
  std::string found(const std::string& option) const;

  // Where this run goes on from; nullopt: from its start. Says in notes() what there is to know.
  // Throws ERR_CHECKPOINT_MISMATCH where the checkpoint is of another run, or of this one with
  // options that were not to be changed.
  std::optional<Checkpoint> go_on(const Fingerprint& run);
  const std::vector<std::string>& notes() const { return notes_; }

  // Before the first save(). `frozen` is checked with each one of them.
  void begin(Fingerprint run, FrozenProof& frozen);

  // Whether so much time has passed that there should be one; `total`: seconds that the run takes
  // as a whole, so far as is known. Not while one is being written.
  bool due(double total);

  // Hands it over. One that still waits gives way to it. Throws what writing an earlier one has
  // thrown: ERR_DISK_FULL, ERR_IO, ERR_FROZEN_CHANGED.
  void save(Checkpoint checkpoint);
  // Until all is written. Throws likewise.
  void flush();

 private:
  void work();
  void write(const Checkpoint& checkpoint);
  void throw_failure(std::unique_lock<std::mutex>& lock);

  const CheckpointOptions options_;
  CheckpointStore store_;
  std::optional<CheckpointStore::Found> found_;
  std::vector<std::string> notes_;
  Metadata description_;
  Fingerprint run_;
  FrozenProof* frozen_ = nullptr;
  bool frozen_written_ = false;
  Stopwatch::Clock::time_point last_ = Stopwatch::Clock::now();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Checkpoint> waiting_;
  bool writing_ = false;
  bool ending_ = false;
  std::exception_ptr failure_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace thaw::train
