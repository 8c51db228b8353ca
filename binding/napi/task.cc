#include "napi/task.h"

#include <optional>

#include "napi/errors.h"
#include "napi/state.h"

namespace thaw::napi {
namespace {

struct Outcome {
  MakeValue make;
  std::optional<Failure> failure;
};

}  // namespace

void Events::send(MakeValue make) const {
  function_.BlockingCall([make = std::move(make)](Napi::Env env, Napi::Function listener) {
    listener.Call({make(env)});
  });
}

Napi::Promise run_task(Napi::Env env, std::function<MakeValue(const TaskContext&)> work,
                       TaskOptions options) {
  State& state = State::of(env);
  state.reap();
  const auto deferred = std::make_shared<Napi::Promise::Deferred>(env);
  Napi::Function listener = options.listener;
  if (listener.IsEmpty()) listener = Napi::Function::New(env, [](const Napi::CallbackInfo&) {});
  const Napi::ThreadSafeFunction function =
      Napi::ThreadSafeFunction::New(env, listener, "thaw task", /*maxQueueSize=*/0, /*threads=*/1);

  state.tasks.emplace_back();
  RunningTask& task = state.tasks.back();  // a list's element stays where it is
  task.stop = options.stop ? options.stop : std::make_shared<train::StopFlag>(false);
  task.thread = std::thread([function, deferred, work = std::move(work), stop = task.stop, &task,
                             settled = std::move(options.settled)]() mutable {
    auto outcome = std::make_shared<Outcome>();
    try {
      outcome->make = work({stop.get(), Events(function)});
    } catch (...) {
      outcome->failure = describe(std::current_exception());
    }
    work = nullptr;  // what it captured is released before the promise is settled
    function.BlockingCall([outcome, deferred, &task, settled](Napi::Env env, Napi::Function) {
      task.finished = true;
      if (settled) settled();
      if (outcome->failure) {
        deferred->Reject(to_error(env, *outcome->failure).Value());
        return;
      }
      try {
        deferred->Resolve(outcome->make(env));
      } catch (const Napi::Error& error) {
        deferred->Reject(error.Value());
      }
    });
    Napi::ThreadSafeFunction(function).Release();
  });
  return deferred->Promise();
}

}  // namespace thaw::napi
