#include "napi/process_end.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <set>

namespace thaw::napi {

struct ProcessEnd {
  // What a step that is under way may still take.
  static constexpr std::chrono::seconds kPatience{1};

  std::mutex mutex;
  std::condition_variable changed;
  std::set<const ComputingThread*> threads;
  std::optional<int> code;  // the process ends
  std::chrono::steady_clock::time_point deadline;

  static ProcessEnd& get() {
    static ProcessEnd& state = *new ProcessEnd;  // outlives every static object
    return state;
  }

  void stop_all() {
    for (const ComputingThread* thread : threads) thread->control_->stop();
  }

  bool computes(const session::Control& control) const {
    return std::any_of(threads.begin(), threads.end(),
                       [&](const auto* thread) { return thread->control_.get() == &control; });
  }

  static void at_exit(int code, void*) {
    ProcessEnd& end = get();
    std::unique_lock lock(end.mutex);
    end.stop_all();  // those, too, that have begun since
    if (!end.changed.wait_until(lock, end.deadline, [&] { return end.threads.empty(); }))
      _exit(code);
  }
};

ComputingThread::ComputingThread(std::shared_ptr<session::Control> control)
    : control_(std::move(control)) {
  ProcessEnd& end = ProcessEnd::get();
  const std::lock_guard lock(end.mutex);
  end.threads.insert(this);
}

ComputingThread::~ComputingThread() {
  ProcessEnd& end = ProcessEnd::get();
  const std::lock_guard lock(end.mutex);
  end.threads.erase(this);
  end.changed.notify_all();
}

void ComputingThread::begin(std::unique_ptr<ComputingThread> entry) {
  // The first such object of the thread is destroyed last.
  thread_local std::unique_ptr<ComputingThread> kept;
  kept = std::move(entry);
}

void process_ends(int code) {
  ProcessEnd& end = ProcessEnd::get();
  const std::lock_guard lock(end.mutex);
  end.code = code;
  end.deadline = std::chrono::steady_clock::now() + ProcessEnd::kPatience;
  end.stop_all();
  // Now, and not when the addon is loaded: what is registered last runs first, and computing makes
  // static objects.
  on_exit(ProcessEnd::at_exit, nullptr);
  end.changed.notify_all();
}

void await_end(const session::Control& control) {
  ProcessEnd& end = ProcessEnd::get();
  std::unique_lock lock(end.mutex);
  const auto done = [&] { return !end.computes(control); };
  end.changed.wait(lock, [&] { return end.code || done(); });
  if (!end.changed.wait_until(lock, end.deadline, done)) _exit(*end.code);
}

}  // namespace thaw::napi
