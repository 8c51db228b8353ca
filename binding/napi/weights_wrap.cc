#include "napi/weights_wrap.h"

#include "engine/model/match.h"
#include "engine/train/checkpoint_store.h"
#include "napi/convert.h"
#include "napi/fields.h"
#include "napi/state.h"
#include "napi/task.h"

namespace thaw::napi {

using File = std::shared_ptr<const weights::WeightsFile>;

Napi::Function WeightsWrap::define(Napi::Env env) {
  return DefineClass(
      env, "Weights",
      {accessor<&WeightsWrap::format>("format"), accessor<&WeightsWrap::metadata>("metadata"),
       accessor<&WeightsWrap::shapes>("shapes")});
}

WeightsWrap::WeightsWrap(const Napi::CallbackInfo& info) : Wrap(info) {
  guarded(info.Env(), [&] {
    if (info.Length() != 1 || !info[0].IsExternal())
      fail("ERR_INVALID_ARGUMENT", "Weights are made by readWeights().");
    file_ = *info[0].As<Napi::External<File>>().Data();
  });
}

Napi::Object WeightsWrap::make(Napi::Env env, File file) {
  return State::of(env).weights_class.New({Napi::External<File>::New(env, &file)});
}

File WeightsWrap::from(const Napi::Value& value) {
  if (absent(value)) return nullptr;
  const Napi::Object object = as_object(value, "weights");
  if (!object.InstanceOf(State::of(value.Env()).weights_class.Value()))
    refuse("weights", "what readWeights() gives");
  return Unwrap(object)->file_;
}

Napi::Value WeightsWrap::format(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), file_->format);
}

Napi::Value WeightsWrap::metadata(const Napi::CallbackInfo& info) {
  Napi::Object object = Napi::Object::New(info.Env());
  for (const auto& [name, text] : file_->metadata) object.Set(name, text);
  return object;
}

Napi::Value WeightsWrap::shapes(const Napi::CallbackInfo& info) {
  Napi::Object object = Napi::Object::New(info.Env());
  for (const auto& [name, tensor] : file_->tensors)
    object.Set(name, write(info.Env(), tensor.sizes()));
  return object;
}

Napi::Value read_weights(const Napi::CallbackInfo& info) {
  return run_task(info.Env(), [path = as_string(info[0], "path")](const TaskContext&) -> MakeValue {
    auto file = std::make_shared<const weights::WeightsFile>(
        weights::read_weights(path, model::network_names()));
    return [file](Napi::Env env) { return WeightsWrap::make(env, file); };
  });
}

Napi::Value read_checkpoint(const Napi::CallbackInfo& info) {
  return run_task(
      info.Env(), [directory = as_string(info[0], "directory")](const TaskContext&) -> MakeValue {
        auto found = std::make_shared<train::CheckpointStore::Model>(
            train::CheckpointStore(directory).model());
        auto file = std::make_shared<const weights::WeightsFile>(std::move(found->file));
        return [found, file](Napi::Env env) {
          Napi::Object object = Napi::Object::New(env);
          object.Set("weights", WeightsWrap::make(env, file));
          object.Set("best", found->best);
          object.Set("epoch", write(env, found->epoch));
          object.Set("batch", write(env, found->batch));
          object.Set("damaged", write(env, found->damaged));
          return object;
        };
      });
}

Napi::Value make_weights(const Napi::CallbackInfo& info) {
  const auto arrays = std::make_shared<ArraysIn>(info[1]);
  return run_task(info.Env(),
                  [from = arrays.get(), format = as_string(info[0], "format"),
                   metadata = metadata(info[2])](const TaskContext&) -> MakeValue {
                    auto file = std::make_shared<weights::WeightsFile>();
                    file->format = format;
                    file->metadata = metadata;
                    file->tensors = from->copy();
                    return [file](Napi::Env env) { return WeightsWrap::make(env, file); };
                  },
                  {.control = nullptr, .listener = {}, .held = arrays});
}

}  // namespace thaw::napi
