#include "napi/task.h"

#include <list>
#include <optional>
#include <system_error>

#include "engine/device/threads.h"
#include "napi/guard.h"
#include "napi/state.h"

namespace thaw::napi {
namespace {

struct Outcome {
  MakeValue make;
  std::optional<Failure> failure;

  Napi::Value value(Napi::Env env) const {
    if (failure) throw to_error(env, *failure);
    return guarded(env, [&] { return make(env); });
  }
};

using Work = std::function<MakeValue(const TaskContext&)>;

// On the task's thread.
Outcome run(Work work, const TaskContext& context) {
  Outcome outcome;
  try {
    device::start_threads();
    outcome.make = work(context);
  } catch (...) {
    outcome.failure = describe(std::current_exception());
  }
  return outcome;  // what `work` captured is released before the promise is settled
}

// On the JavaScript thread.
void settle(Napi::Env env, RunningTask& task, const Outcome& outcome,
            const Napi::Promise::Deferred& deferred) {
  task.finished = true;
  try {
    if (task.thrown) throw *task.thrown;
    const Napi::Value value = outcome.value(env);
    task.held.reset();
    deferred.Resolve(value);
  } catch (const Napi::Error& error) {
    task.held.reset();
    deferred.Reject(error.Value());
  }
  task.thrown.reset();
}

}  // namespace

void Events::send(MakeValue make) const {
  function_.BlockingCall(
      [make = std::move(make), &task = task_](Napi::Env env, Napi::Function listener) {
        try {
          guarded(env, [&] { return listener.Call({make(env)}); });
        } catch (const Napi::Error& error) {
          if (!task.thrown) task.thrown = error;
          task.control->stop();
        }
      });
}

Napi::Promise run_task(Napi::Env env, Work work, TaskOptions options) {
  State& state = State::of(env);
  state.reap();
  const Napi::Promise::Deferred deferred = Napi::Promise::Deferred::New(env);
  Napi::Function listener = options.listener;
  if (listener.IsEmpty()) listener = Napi::Function::New(env, [](const Napi::CallbackInfo&) {});
  // Given back by the thread at its end, or here where there will be none.
  const auto release = [](Napi::ThreadSafeFunction* function) {
    function->Release();
    delete function;
  };
  std::shared_ptr<Napi::ThreadSafeFunction> function(
      new Napi::ThreadSafeFunction(Napi::ThreadSafeFunction::New(
          env, listener, "thaw task", /*maxQueueSize=*/0, /*threads=*/1)),
      release);

  std::list<RunningTask> started(1);  // an element of a list stays where it is
  RunningTask& task = started.front();
  task.control = options.control ? options.control : std::make_shared<session::Control>();
  task.held = std::move(options.held);
  try {
    task.thread.start(task.control, [function = std::move(function), deferred,
                                     work = std::move(work), control = task.control,
                                     &task]() mutable {
      const Events events(*function, task);
      const auto outcome = std::make_shared<Outcome>(run(std::move(work), {control.get(), events}));
      function->BlockingCall([outcome, deferred, &task](Napi::Env env, Napi::Function) {
        settle(env, task, *outcome, deferred);
      });
    });
  } catch (const std::system_error& error) {
    deferred.Reject(
        to_error(env, describe(std::make_exception_ptr(device::no_thread(error)))).Value());
    return deferred.Promise();
  }
  state.tasks.splice(state.tasks.end(), started);
  return deferred.Promise();
}

}  // namespace thaw::napi
