#include "napi/images.h"

#include "engine/data/contents.h"
#include "engine/data/encode.h"
#include "engine/data/thumbnail.h"
#include "engine/session/examine.h"
#include "napi/convert.h"
#include "napi/fields.h"
#include "napi/stop_flag.h"
#include "napi/task.h"

namespace thaw::napi {
namespace {

std::shared_ptr<const data::Dataset> images(const Napi::Value& value) {
  if (absent(value)) refuse("dataset", "a data set");
  return dataset(value, "dataset");
}

}  // namespace

Napi::Value write_image(const Napi::CallbackInfo& call) {
  if (!call[1].IsTypedArray() ||
      call[1].As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
    refuse("rgb", "a Uint8Array");
  const Napi::Uint8Array rgb = call[1].As<Napi::Uint8Array>();
  return run_task(call.Env(),
                  [path = as_string(call[0], "path"),
                   pixels = std::vector<uint8_t>(rgb.Data(), rgb.Data() + rgb.ByteLength()),
                   height = as_integer(call[2], "height"),
                   width = as_integer(call[3], "width")](const TaskContext&) -> MakeValue {
                    data::write_image(path, pixels, height, width);
                    return [](Napi::Env env) { return env.Undefined(); };
                  });
}

Napi::Value thumbnail(const Napi::CallbackInfo& call) {
  return run_task(call.Env(),
                  [path = as_string(call[0], "path"),
                   side = as_integer(call[1], "side")](const TaskContext&) -> MakeValue {
                    const std::vector<uint8_t> jpeg = data::thumbnail(path, side);
                    return [jpeg](Napi::Env env) -> Napi::Value {
                      Napi::Uint8Array bytes = Napi::Uint8Array::New(env, jpeg.size());
                      std::copy(jpeg.begin(), jpeg.end(), bytes.Data());
                      return bytes;
                    };
                  });
}

Napi::Value image_digests(const Napi::CallbackInfo& call) {
  return run_task(call.Env(),
                  [set = images(call[0]),
                   whole = read<bool>(call[1], "whole")](const TaskContext&) -> MakeValue {
                    std::vector<std::string> digests = data::image_digests(
                        *set, whole ? data::Contents::kWhole : data::Contents::kEnds);
                    for (std::string& one : digests)
                      if (one == data::kUnreadable) one.clear();
                    return [digests](Napi::Env env) { return write(env, digests); };
                  });
}

Napi::Value examine_images(const Napi::CallbackInfo& call) {
  return run_task(call.Env(),
                  [set = images(call[0]), options = read<session::DataOptions>(call[1], "")](
                      const TaskContext& context) -> MakeValue {
                    const session::Examined examined =
                        session::examine(set, options, context.control);
                    return [examined](Napi::Env env) { return write_object(env, examined); };
                  },
                  {.control = StopFlagWrap::from(call[2]), .listener = {}, .held = nullptr});
}

}  // namespace thaw::napi
