#include "napi/state.h"

namespace thaw::napi {

void State::stop_tasks() {
  for (RunningTask& task : tasks) task.control->stop();
  for (RunningTask& task : tasks) task.thread.join();
  tasks.clear();
}

void State::reap() {
  for (auto task = tasks.begin(); task != tasks.end();) {
    if (task->finished) {
      task->thread.join();
      task = tasks.erase(task);
    } else {
      ++task;
    }
  }
}

}  // namespace thaw::napi
