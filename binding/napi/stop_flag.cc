#include "napi/stop_flag.h"

namespace thaw::napi {

Napi::Function StopFlagWrap::define(Napi::Env env) {
  return DefineClass(env, "StopFlag", {InstanceMethod<&StopFlagWrap::set>("set")});
}

std::shared_ptr<train::StopFlag> StopFlagWrap::from(const Napi::Value& value) {
  return value.IsObject() ? Unwrap(value.As<Napi::Object>())->flag_ : nullptr;
}

}  // namespace thaw::napi
