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

}  // namespace thaw::napi
