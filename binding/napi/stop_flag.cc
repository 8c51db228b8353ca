#include "napi/stop_flag.h"

#include "napi/fields.h"
#include "napi/state.h"

namespace thaw::napi {

Napi::Function StopFlagWrap::define(Napi::Env env) {
  return DefineClass(
      env, "StopFlag",
      {synchronous<&StopFlagWrap::set>("set"), synchronous<&StopFlagWrap::finish>("finish"),
       synchronous<&StopFlagWrap::release>("release")});
}

StopFlagWrap::StopFlagWrap(const Napi::CallbackInfo& info) : Wrap(info) {
  guarded(info.Env(), [&] { control_ = std::make_shared<session::Control>(); });
}

std::shared_ptr<session::Control> StopFlagWrap::from(const Napi::Value& value) {
  if (absent(value)) return nullptr;
  const Napi::Object object = as_object(value, "stop");
  if (!object.InstanceOf(State::of(value.Env()).stop_flag_class.Value()))
    refuse("stop", "a StopFlag");
  return Unwrap(object)->control_;
}

Napi::Value StopFlagWrap::set(const Napi::CallbackInfo& info) {
  control_->stop();
  return info.Env().Undefined();
}

Napi::Value StopFlagWrap::finish(const Napi::CallbackInfo& info) {
  control_->finish();
  return info.Env().Undefined();
}

Napi::Value StopFlagWrap::release(const Napi::CallbackInfo& info) {
  control_->release();
  return info.Env().Undefined();
}

}  // namespace thaw::napi
