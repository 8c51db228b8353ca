// `new StopFlag()`: handed to a long call and set later, it ends that call at its next step.
#pragma once

#include <memory>

#include "engine/train/options.h"
#include "napi/napi.h"

namespace thaw::napi {

class StopFlagWrap : public Napi::ObjectWrap<StopFlagWrap> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit StopFlagWrap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<StopFlagWrap>(info) {}

  // The flag of a JavaScript StopFlag; null for undefined.
  static std::shared_ptr<train::StopFlag> from(const Napi::Value& value);

 private:
  void set(const Napi::CallbackInfo&) { flag_->store(true); }

  std::shared_ptr<train::StopFlag> flag_ = std::make_shared<train::StopFlag>(false);
};

}  // namespace thaw::napi
