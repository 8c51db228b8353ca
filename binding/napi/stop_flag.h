// `new StopFlag()`: handed to a long call. set() ends that call at its next step, finish() ends
// training with its epoch, release() lets training that waits after an epoch go on.
#pragma once

#include <memory>

#include "engine/session/control.h"
#include "napi/guard.h"
#include "napi/napi.h"

namespace thaw::napi {

class StopFlagWrap : public Wrap<StopFlagWrap> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit StopFlagWrap(const Napi::CallbackInfo& info);

  // What a JavaScript StopFlag stops; null for undefined.
  static std::shared_ptr<session::Control> from(const Napi::Value& value);

 private:
  Napi::Value set(const Napi::CallbackInfo& info);
  Napi::Value finish(const Napi::CallbackInfo& info);
  Napi::Value release(const Napi::CallbackInfo& info);

  std::shared_ptr<session::Control> control_;
};

}  // namespace thaw::napi
