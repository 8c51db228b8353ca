// What the addon keeps for one JavaScript environment (the main thread or a worker_thread): its
// classes and its running tasks. Nothing is global, so environments come and go independently.
#pragma once

#include <list>
#include <memory>
#include <thread>

#include "engine/train/options.h"
#include "napi/napi.h"

namespace thaw::napi {

struct RunningTask {
  std::thread thread;
  std::shared_ptr<train::StopFlag> stop;
  bool finished = false;  // touched on the JavaScript thread only
};

struct State {
  Napi::FunctionReference model_class;
  Napi::FunctionReference weights_class;
  Napi::FunctionReference stop_flag_class;
  std::list<RunningTask> tasks;

  static State& of(Napi::Env env) { return *env.GetInstanceData<State>(); }

  // Asks every task to stop and waits for their threads: worker threads are where an environment is
  // torn down while tasks still run.
  void stop_tasks();
  // Joins the threads whose results have been delivered.
  void reap();
};

}  // namespace thaw::napi
