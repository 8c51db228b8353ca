// Runs work on a thread of its own and settles a promise with its result. Everything asynchronous
// goes through here; libuv's pool stays free.
#pragma once

#include <functional>
#include <memory>

#include "engine/train/options.h"
#include "napi/napi.h"

namespace thaw::napi {

// Makes the JavaScript value of a result; runs on the JavaScript thread.
using MakeValue = std::function<Napi::Value(Napi::Env)>;

// Sends plain data to the listener of a running task; may be called from the task's thread only.
class Events {
 public:
  explicit Events(Napi::ThreadSafeFunction function) : function_(std::move(function)) {}

  // `make` runs later on the JavaScript thread; its value is the listener's argument. Events that
  // can no longer be delivered (the environment is closing) are dropped.
  void send(MakeValue make) const;

 private:
  Napi::ThreadSafeFunction function_;
};

struct TaskContext {
  const train::StopFlag* stop;
  const Events& events;
};

struct TaskOptions {
  std::shared_ptr<train::StopFlag> stop;  // null: one of its own
  Napi::Function listener;                // empty: events are dropped
  std::function<void()> settled;          // on the JavaScript thread, before the promise is settled
};

Napi::Promise run_task(Napi::Env env, std::function<MakeValue(const TaskContext&)> work,
                       TaskOptions options = {});

}  // namespace thaw::napi
