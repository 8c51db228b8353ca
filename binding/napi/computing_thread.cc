#include "napi/computing_thread.h"

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
  std::set<ComputingThread*> threads;  // started and not yet joined
  std::optional<int> code;             // the process ends
  std::chrono::steady_clock::time_point deadline;

  static ProcessEnd& get() {
    static ProcessEnd& state = *new ProcessEnd;  // outlives every static object
    return state;
  }

  void stop_all_and_wait(std::unique_lock<std::mutex>& lock) {
    for (ComputingThread* thread : threads) thread->control_->stop();
    changed.wait_until(lock, deadline, [&] {
      return std::none_of(threads.begin(), threads.end(),
                          [](const ComputingThread* thread) { return thread->computes_; });
    });
  }

  static void at_exit(int code, void*) {
    ProcessEnd& end = get();
    std::unique_lock lock(end.mutex);
    if (end.threads.empty()) return;
    end.stop_all_and_wait(lock);  // those, too, that have begun since
    // Even where all have stopped: OpenMP's threads, which nobody can join, end after those that
    // they helped.
    _exit(code);
  }

  // On the thread; of its thread-local objects the first, and so the last to be destroyed.
  struct Computes {
    ComputingThread* thread;
    ~Computes() {
      ProcessEnd& end = get();
      const std::lock_guard lock(end.mutex);
      thread->computes_ = false;
      end.changed.notify_all();
    }
  };
};

ComputingThread::~ComputingThread() {
  ProcessEnd& end = ProcessEnd::get();
  const std::lock_guard lock(end.mutex);
  end.threads.erase(this);
}

void ComputingThread::start(std::shared_ptr<session::Control> control, std::function<void()> work) {
  ProcessEnd& end = ProcessEnd::get();
  const std::lock_guard lock(end.mutex);
  control_ = std::move(control);
  thread_ = std::thread([this, work = std::move(work)] {
    thread_local const ProcessEnd::Computes computes{this};
    work();
  });
  computes_ = true;
  end.threads.insert(this);
}

void ComputingThread::join() {
  ProcessEnd& end = ProcessEnd::get();
  std::unique_lock lock(end.mutex);
  const auto done = [&] { return !computes_; };
  end.changed.wait(lock, [&] { return end.code || done(); });
  if (!end.changed.wait_until(lock, end.deadline, done)) _exit(*end.code);
  lock.unlock();
  thread_.join();
}

void process_ends(int code) {
  ProcessEnd& end = ProcessEnd::get();
  std::unique_lock lock(end.mutex);
  end.code = code;
  end.deadline = std::chrono::steady_clock::now() + ProcessEnd::kPatience;
  end.changed.notify_all();
  end.stop_all_and_wait(lock);
  // Last: what is registered last runs first, and computing makes static objects.
  on_exit(ProcessEnd::at_exit, nullptr);
}

}  // namespace thaw::napi
