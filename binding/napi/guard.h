// The one way from JavaScript into C++. Whatever is thrown below it becomes a JavaScript error:
// what passed Node-API's frames as another exception would end the process.
#pragma once

#include "napi/errors.h"
#include "napi/napi.h"

namespace thaw::napi {

// Runs `body`, throwing what it throws as a JavaScript error.
template <typename Body>
auto guarded(Napi::Env env, Body&& body) {
  try {
    return body();
  } catch (const Napi::Error&) {
    throw;
  } catch (...) {
    throw to_error(env, describe(std::current_exception()));
  }
}

// Runs `body`, which gives a promise; what it throws before there is one becomes a rejected
// promise.
template <typename Body>
Napi::Value promised(Napi::Env env, Body&& body) {
  try {
    return guarded(env, body);
  } catch (const Napi::Error& error) {
    const Napi::Promise::Deferred deferred = Napi::Promise::Deferred::New(env);
    deferred.Reject(error.Value());
    return deferred.Promise();
  }
}

using Call = Napi::Value(const Napi::CallbackInfo& info);

template <Call* call>
Napi::Function synchronous(Napi::Env env) {
  return Napi::Function::New(env, [](const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&] { return call(info); });
  });
}

template <Call* call>
Napi::Function asynchronous(Napi::Env env) {
  return Napi::Function::New(env, [](const Napi::CallbackInfo& info) {
    return promised(info.Env(), [&] { return call(info); });
  });
}

// A class of the addon: ObjectWrap whose methods are defined by way of the guard.
template <typename T>
class Wrap : public Napi::ObjectWrap<T> {
 public:
  // A derived constructor does its work in a guarded() body.
  using Napi::ObjectWrap<T>::ObjectWrap;

 protected:
  using Method = Napi::Value (T::*)(const Napi::CallbackInfo&);

  template <Method method>
  static Napi::ClassPropertyDescriptor<T> synchronous(const char* name) {
    return Wrap::InstanceMethod(name, static_cast<Method>(&Wrap::template call<method>));
  }
  template <Method method>
  static Napi::ClassPropertyDescriptor<T> asynchronous(const char* name) {
    return Wrap::InstanceMethod(name, static_cast<Method>(&Wrap::template promise<method>));
  }
  template <Method method>
  static Napi::ClassPropertyDescriptor<T> accessor(const char* name) {
    return Wrap::InstanceAccessor(name, static_cast<Method>(&Wrap::template call<method>), nullptr);
  }

 private:
  template <Method method>
  Napi::Value call(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&] { return (static_cast<T*>(this)->*method)(info); });
  }
  template <Method method>
  Napi::Value promise(const Napi::CallbackInfo& info) {
    return promised(info.Env(), [&] { return (static_cast<T*>(this)->*method)(info); });
  }
};

}  // namespace thaw::napi
