// What the addon keeps for one JavaScript environment (the main thread or a worker_thread): its
// classes and its running tasks. Nothing is global, so environments come and go independently.
#pragma once

#include <list>
#include <memory>
#include <optional>

#include "engine/session/control.h"
#include "napi/computing_thread.h"
#include "napi/napi.h"

namespace thaw::napi {

// All but the thread is touched on the JavaScript thread only.
struct RunningTask {
  std::shared_ptr<session::Control> control;
  std::shared_ptr<void> held;         // released before the promise is settled
  std::optional<Napi::Error> thrown;  // by what listens to its events
  bool finished = false;
  ComputingThread thread;
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
