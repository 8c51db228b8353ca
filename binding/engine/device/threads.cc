#include "engine/device/threads.h"

#include <ATen/Parallel.h>

#include <chrono>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/device/parallel.h"
#include "engine/notice.h"

namespace thaw::device {
namespace {

// Threads of this process, as the system counts them.
int64_t alive() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("Threads:")) return std::stoll(line.substr(8));
  }
  return 0;
}

// Up to `wanted` threads at the same time; how many there were.
int startable(int wanted) {
  const int64_t before = alive();
  std::mutex mutex;
  std::condition_variable changed;
  bool over = false;
  std::vector<std::thread> threads;
  try {
    threads.reserve(static_cast<size_t>(wanted));
    for (int i = 0; i < wanted; ++i) {
      threads.emplace_back([&] {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return over; });
      });
    }
  } catch (const std::system_error&) {
    // As many as there are.
  } catch (const std::bad_alloc&) {
  }
  {
    const std::lock_guard lock(mutex);
    over = true;
  }
  changed.notify_all();
  for (std::thread& thread : threads) thread.join();
  // A thread that has been joined may count for a moment longer.
  for (int i = 0; i < 100 && alive() > before; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return static_cast<int>(threads.size());
}

}  // namespace

void try_threads() {
  const int wanted = at::get_num_threads();
  const int had = 1 + startable(wanted - 1);  // this one computes as well
  if (had >= wanted) return;
  at::set_num_threads(had);
  notice("Only " + std::to_string(had) + " of " + std::to_string(wanted) +
         " threads can be started (the limit of processes or of memory): computing with " +
         std::to_string(had) + ".");
}

void start_threads() {
  try_threads();
  parallel_ranges(at::get_num_threads(), [](int64_t, int64_t) {});
}

Error no_thread(const std::system_error& error) {
  return {"ERR_NO_THREAD",
          "No thread could be started to work on (" + error.code().message() +
              "): wait for what is under way, or raise the limit of processes or of memory."};
}

}  // namespace thaw::device
