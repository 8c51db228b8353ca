// Turns whatever the engine throws into a JavaScript error: one sentence, a stable code, no
// backtrace.
#pragma once

#include <exception>
#include <string>

#include "napi/napi.h"

namespace thaw::napi {

struct Failure {
  std::string code;
  std::string message;
};

Failure describe(const std::exception_ptr& thrown);

// An Error with a `code` property.
Napi::Error to_error(Napi::Env env, const Failure& failure);

// Runs `body`, throwing what it throws as a JavaScript error; for synchronous methods.
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

}  // namespace thaw::napi
