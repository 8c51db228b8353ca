// Runs work on a thread of its own and settles a promise with its result. Everything asynchronous
// goes through here; libuv's pool stays free.
#pragma once

#include <functional>
#include <memory>

#include "engine/session/control.h"
#include "napi/napi.h"

namespace thaw::napi {

struct RunningTask;

// Makes the JavaScript value of a result; runs on the JavaScript thread.
using MakeValue = std::function<Napi::Value(Napi::Env)>;

// Sends plain data to the listener of a running task; may be called from the task's thread only.
class Events {
 public:
  Events(const Napi::ThreadSafeFunction& function, RunningTask& task)
      : function_(function), task_(task) {}

  // `make` runs later on the JavaScript thread; its value is the listener's argument. What the
  // listener throws stops the task and rejects its promise. Events that can no longer be delivered
  // (the environment is closing) are dropped.
  void send(MakeValue make) const;

 private:
  const Napi::ThreadSafeFunction& function_;
  RunningTask& task_;
};

struct TaskContext {
  session::Control* control;
  const Events& events;
};

struct TaskOptions {
  std::shared_ptr<session::Control> control;  // null: one of its own
  Napi::Function listener;                    // empty: events are dropped
  std::shared_ptr<void> held;                 // until the work is done, or could not be started
};

// The promise is rejected with what `work` throws, or with ERR_NO_THREAD.
Napi::Promise run_task(Napi::Env env, std::function<MakeValue(const TaskContext&)> work,
                       TaskOptions options = {});

}  // namespace thaw::napi
