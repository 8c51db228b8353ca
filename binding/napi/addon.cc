// The addon's exports. lib/native.ts describes them in TypeScript.
#include <ATen/Parallel.h>

#include "engine/data/decode.h"
#include "engine/data/encode.h"
#include "engine/device/backend.h"
#include "napi/convert.h"
#include "napi/model_wrap.h"
#include "napi/napi.h"
#include "napi/network_facts.h"
#include "napi/state.h"
#include "napi/stop_flag.h"
#include "napi/task.h"
#include "napi/weights_wrap.h"

namespace thaw::napi {
namespace {

// info(): what was built and what is there; for `thaw doctor`.
Napi::Value info(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  const device::DeviceFacts facts = device::device_facts();
  const data::ImageLibraries libraries = data::image_libraries();
  Napi::Object object = Napi::Object::New(env);
  object.Set("libtorch", facts.libtorch);
  object.Set("cpuCapability", facts.cpu_capability);
  object.Set("cpuBfloat16", facts.cpu_bfloat16);
  object.Set("threads", at::get_num_threads());
  object.Set("cudaBuilt", facts.cuda_built);
  object.Set("cuda", facts.cuda_version);
  object.Set("cudnn", facts.cudnn_version);
  Napi::Array gpus = Napi::Array::New(env, facts.gpus.size());
  for (size_t i = 0; i < facts.gpus.size(); ++i) gpus.Set(static_cast<uint32_t>(i), facts.gpus[i]);
  object.Set("gpus", gpus);
  object.Set("libjpeg", libraries.libjpeg);
  object.Set("libvips", libraries.libvips);
  return object;
}

// writeImage(path, rgb: Uint8Array, height, width): Promise<void>
Napi::Value write_image(const Napi::CallbackInfo& call) {
  const Napi::Uint8Array rgb = call[1].As<Napi::Uint8Array>();
  return run_task(call.Env(),
                  [path = call[0].ToString().Utf8Value(),
                   pixels = std::vector<uint8_t>(rgb.Data(), rgb.Data() + rgb.ByteLength()),
                   height = call[2].ToNumber().Int64Value(),
                   width = call[3].ToNumber().Int64Value()](const TaskContext&) -> MakeValue {
                    data::write_image(path, pixels, height, width);
                    return [](Napi::Env env) { return env.Undefined(); };
                  });
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  auto* state = new State();
  env.SetInstanceData<State>(state);  // deleted with the environment
  env.AddCleanupHook([state] { state->stop_tasks(); });
  const auto define = [&](const char* name, const Napi::Function& function,
                          Napi::FunctionReference& reference) {
    reference = Napi::Persistent(function);
    exports.Set(name, function);
  };
  define("StopFlag", StopFlagWrap::define(env), state->stop_flag_class);
  define("Weights", WeightsWrap::define(env), state->weights_class);
  define("Model", ModelWrap::define(env), state->model_class);
  exports.Set("info", Napi::Function::New(env, info));
  exports.Set("readWeights", Napi::Function::New(env, read_weights));
  exports.Set("makeWeights", Napi::Function::New(env, make_weights));
  exports.Set("architectures", Napi::Function::New(env, architectures));
  exports.Set("networkGraph", Napi::Function::New(env, network_graph));
  exports.Set("matchArchitecture", Napi::Function::New(env, match_architecture));
  exports.Set("createModel", Napi::Function::New(env, create_model));
  exports.Set("writeImage", Napi::Function::New(env, write_image));
  return exports;
}

}  // namespace
}  // namespace thaw::napi

Napi::Object initialise_addon(Napi::Env env, Napi::Object exports) {
  return thaw::napi::init(env, exports);
}
NODE_API_MODULE(thaw, initialise_addon)
