// The addon's exports. lib/native.ts describes them in TypeScript.
#include <ATen/Parallel.h>
#include <signal.h>

#include "engine/data/decode.h"
#include "engine/device/backend.h"
#include "engine/device/threads.h"
#include "napi/computing_thread.h"
#include "napi/fields.h"
#include "napi/guard.h"
#include "napi/images.h"
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
  object.Set("gpus", write(env, facts.gpus));
  object.Set("libjpeg", libraries.libjpeg);
  object.Set("libvips", libraries.libvips);
  object.Set("imageFormats", write(env, data::image_formats()));
  return object;
}

// processEnds(code): what computes is told to stop, see computing_thread.h
Napi::Value on_process_end(const Napi::CallbackInfo& call) {
  process_ends(read<int>(call[0], "code"));
  return call.Env().Undefined();
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  // As Python does: beyond a limit of a file's size (ulimit -f) a write fails, and nothing ends.
  struct sigaction action {};
  if (sigaction(SIGXFSZ, nullptr, &action) == 0 && action.sa_handler == SIG_DFL)
    signal(SIGXFSZ, SIG_IGN);
  device::try_threads();  // for calls that compute on the JavaScript thread
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
  exports.Set("info", synchronous<info>(env));
  exports.Set("architectures", synchronous<architectures>(env));
  exports.Set("networkGraph", synchronous<network_graph>(env));
  exports.Set("matchArchitecture", synchronous<match_architecture>(env));
  exports.Set("makeWeights", asynchronous<make_weights>(env));
  exports.Set("readWeights", asynchronous<read_weights>(env));
  exports.Set("readCheckpoint", asynchronous<read_checkpoint>(env));
  exports.Set("createModel", asynchronous<create_model>(env));
  exports.Set("processEnds", synchronous<on_process_end>(env));
  exports.Set("writeImage", asynchronous<write_image>(env));
  exports.Set("thumbnail", asynchronous<thumbnail>(env));
  exports.Set("imageDigests", asynchronous<image_digests>(env));
  exports.Set("examineImages", asynchronous<examine_images>(env));
  return exports;
}

}  // namespace
}  // namespace thaw::napi

Napi::Object initialise_addon(Napi::Env env, Napi::Object exports) {
  return thaw::napi::init(env, exports);
}
NODE_API_MODULE(thaw, initialise_addon)
