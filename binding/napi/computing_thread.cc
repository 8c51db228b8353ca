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

  void stop_all() {
    for (ComputingThread* thread : threads) thread->control_->stop();
  }

  static void at_exit(int code, void*) {
    ProcessEnd& end = get();
    std::unique_lock lock(end.mutex);
    end.stop_all();  // those, too, that have begun since
    const auto none = [&] {
      return std::none_of(end.threads.begin(), end.threads.end(),
                          [](const ComputingThread* thread) { return thread->computes_; });
    };
    if (!end.changed.wait_until(lock, end.deadline, none)) _exit(code);
    // What OpenMP keeps for a thread it gives back only after the thread's own objects are gone.
    for (ComputingThread* thread : end.threads) thread->thread_.join();
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
  const std::lock_guard lock(end.mutex);
  end.code = code;
  end.deadline = std::chrono::steady_clock::now() + ProcessEnd::kPatience;
  end.stop_all();
  // Now, and not when the addon is loaded: what is registered last runs first, and computing makes
  // static objects.
  on_exit(ProcessEnd::at_exit, nullptr);
  end.changed.notify_all();
}

}  // namespace thaw::napi
