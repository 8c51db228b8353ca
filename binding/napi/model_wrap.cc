#include "napi/model_wrap.h"

#include "engine/export/torchscript.h"
#include "engine/train/evaluate.h"
#include "engine/train/fit.h"
#include "engine/weights/pytorch.h"
#include "engine/weights/safetensors.h"
#include "napi/convert.h"
#include "napi/errors.h"
#include "napi/state.h"
#include "napi/stop_flag.h"
#include "napi/task.h"
#include "napi/weights_wrap.h"

namespace thaw::napi {

using SharedPointer = std::shared_ptr<ModelWrap::Shared>;

Napi::Function ModelWrap::define(Napi::Env env) {
  return DefineClass(
      env, "Model",
      {InstanceMethod<&ModelWrap::layers>("layers"), InstanceMethod<&ModelWrap::device>("device"),
       InstanceMethod<&ModelWrap::set_trainable>("setTrainable"),
       InstanceMethod<&ModelWrap::replace_head>("replaceHead"),
       InstanceMethod<&ModelWrap::fit>("fit"), InstanceMethod<&ModelWrap::evaluate>("evaluate"),
       InstanceMethod<&ModelWrap::predict>("predict"), InstanceMethod<&ModelWrap::apply>("apply"),
       InstanceMethod<&ModelWrap::save>("save"), InstanceMethod<&ModelWrap::state>("state"),
       InstanceMethod<&ModelWrap::dispose>("dispose")});
}

Napi::Object ModelWrap::make(Napi::Env env, SharedPointer shared) {
  return State::of(env).model_class.New({Napi::External<SharedPointer>::New(env, &shared)});
}

ModelWrap::ModelWrap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ModelWrap>(info) {
  if (info.Length() != 1 || !info[0].IsExternal()) {
    throw Napi::TypeError::New(info.Env(), "A model is made by createModel().");
  }
  shared_ = *info[0].As<Napi::External<SharedPointer>>().Data();
  for (const auto& named : shared_->session.network->named_tensors()) {
    bytes_ += static_cast<int64_t>(named.tensor->nbytes());
  }
  // So that the garbage collector knows what a forgotten model costs.
  Napi::MemoryManagement::AdjustExternalMemory(info.Env(), bytes_);
}

void ModelWrap::Finalize(Napi::Env env) {
  Napi::MemoryManagement::AdjustExternalMemory(env, -bytes_);
}

SharedPointer ModelWrap::use(Napi::Env env) const {
  if (!shared_) throw to_error(env, {"ERR_DISPOSED", "The model has been disposed of."});
  if (fitting_)
    throw to_error(env,
                   {"ERR_MODEL_BUSY", "The model is being trained: wait until fit() is done."});
  return shared_;
}

SharedPointer ModelWrap::change(Napi::Env env) const {
  SharedPointer shared = use(env);
  if (tasks_ > 0) {
    throw to_error(
        env, {"ERR_MODEL_BUSY", "The model is in use: wait for its promises before changing it."});
  }
  return shared;
}

std::function<void()> ModelWrap::begin(Napi::Env, bool fitting) {
  ++tasks_;
  fitting_ = fitting;
  Ref();  // the object must outlive its tasks
  return [this, fitting] {
    --tasks_;
    if (fitting) fitting_ = false;
    Unref();
  };
}

Napi::Value ModelWrap::layers(const Napi::CallbackInfo& info) {
  const SharedPointer shared = use(info.Env());
  const auto& layers = shared->session.network->layers();
  Napi::Array array = Napi::Array::New(info.Env(), layers.size());
  for (size_t i = 0; i < layers.size(); ++i)
    array.Set(static_cast<uint32_t>(i), to_object(info.Env(), layers[i]));
  return array;
}

Napi::Value ModelWrap::device(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), use(info.Env())->session.backend->device().str());
}

void ModelWrap::set_trainable(const Napi::CallbackInfo& info) {
  const SharedPointer shared = change(info.Env());
  const bool trainable = info[1].ToBoolean();
  guarded(info.Env(), [&] {
    for (const double index : numbers(info[0])) {
      shared->session.network->set_trainable(static_cast<size_t>(index), trainable);
    }
  });
}

void ModelWrap::replace_head(const Napi::CallbackInfo& info) {
  const SharedPointer shared = change(info.Env());
  guarded(info.Env(), [&] {
    shared->session.network->replace_head(head_layers(info[0]),
                                          static_cast<uint64_t>(info[1].ToNumber().Int64Value()),
                                          initializer(info[2]));
  });
}

Napi::Value ModelWrap::fit(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const SharedPointer shared = use(env);
  const Napi::Object options_object = info[4].As<Napi::Object>();
  const train::FitOptions options = fit_options(options_object, *shared->session.backend);
  const bool batch_events =
      has(options_object, "batchEvents") && options_object.Get("batchEvents").ToBoolean();
  TaskOptions task{
      .stop = StopFlagWrap::from(info[5]), .listener = info[6].As<Napi::Function>(), .settled = {}};
  task.settled = begin(env, /*fitting=*/true);
  return run_task(
      env,
      [shared, train = dataset(info[0]), validation = dataset(info[1]),
       classes = info[2].ToNumber().Int64Value(),
       training = training_options(info[3].As<Napi::Object>()), options,
       batch_events](const TaskContext& context) -> MakeValue {
        const std::lock_guard lock(shared->running);
        train::FitEvents events;
        events.begin = [&, precision =
                               precision_name(options.compute)](const train::BeginEvent& event) {
          context.events.send([event, precision](Napi::Env env) {
            Napi::Object object = Napi::Object::New(env);
            object.Set("type", "begin");
            object.Set("batches", static_cast<double>(event.batches));
            object.Set("startEpoch", static_cast<double>(event.start_epoch));
            object.Set("trainableParameters", static_cast<double>(event.trainable_parameters));
            object.Set("batchSize", static_cast<double>(event.batch_size));
            object.Set("precision", precision);
            object.Set("boundary", event.boundary);
            object.Set("trainCache", to_object(env, event.training_cache));
            object.Set("validationCache", to_object(env, event.validation_cache));
            return object;
          });
        };
        if (batch_events) {
          events.batch = [&](const train::BatchEvent& event) {
            context.events.send([event](Napi::Env env) {
              Napi::Object object = Napi::Object::New(env);
              object.Set("type", "batch");
              object.Set("epoch", static_cast<double>(event.epoch));
              object.Set("batch", static_cast<double>(event.batch));
              object.Set("batches", static_cast<double>(event.batches));
              object.Set("images", static_cast<double>(event.images));
              object.Set("imagesPerSecond", event.images_per_second);
              object.Set("loss", event.loss);
              object.Set("accuracy", event.accuracy);
              return object;
            });
          };
        }
        events.epoch = [&](int64_t epoch, const train::EpochRecord& record) {
          context.events.send([epoch, record](Napi::Env env) {
            Napi::Object object = to_object(env, record);
            object.Set("type", "epoch");
            object.Set("epoch", static_cast<double>(epoch));
            return object;
          });
        };
        const train::History history = train::fit(shared->session, train, validation, classes,
                                                  training, options, events, context.stop);
        return [history, precision = precision_name(options.compute)](Napi::Env env) {
          Napi::Object object = to_object(env, history);
          object.Set("precision", precision);
          return object;
        };
      },
      std::move(task));
}

Napi::Value ModelWrap::evaluate(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const SharedPointer shared = use(env);
  return run_task(
      env,
      [shared, dataset = dataset(info[0]), classes = info[1].ToNumber().Int64Value(),
       loss = training_options(info[2].As<Napi::Object>()).loss,
       options = data_options(info[3].As<Napi::Object>(), *shared->session.backend)](
          const TaskContext& context) -> MakeValue {
        const std::lock_guard lock(shared->running);
        const train::Evaluation evaluation =
            train::evaluate(shared->session, dataset, classes, loss, options, context.stop);
        return [evaluation](Napi::Env env) { return to_object(env, evaluation); };
      },
      {.stop = StopFlagWrap::from(info[4]), .listener = {}, .settled = begin(env, false)});
}

Napi::Value ModelWrap::predict(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const SharedPointer shared = use(env);
  return run_task(
      env,
      [shared, dataset = dataset(info[0]),
       options = data_options(info[1].As<Napi::Object>(), *shared->session.backend)](
          const TaskContext& context) -> MakeValue {
        const std::lock_guard lock(shared->running);
        const at::Tensor probabilities =
            train::predict(shared->session, dataset, options, context.stop);
        return [probabilities](Napi::Env env) { return to_object(env, probabilities); };
      },
      {.stop = StopFlagWrap::from(info[2]), .listener = {}, .settled = begin(env, false)});
}

Napi::Value ModelWrap::apply(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const SharedPointer shared = use(env);
  return run_task(env,
                  [shared, dataset = dataset(info[0]),
                   compute = precision(info[1].As<Napi::Object>(), *shared->session.backend)](
                      const TaskContext&) -> MakeValue {
                    const std::lock_guard lock(shared->running);
                    const at::Tensor output =
                        train::apply(shared->session, dataset->pixels, compute);
                    return [output](Napi::Env env) { return to_object(env, output); };
                  },
                  {.stop = nullptr, .listener = {}, .settled = begin(env, false)});
}

Napi::Value ModelWrap::save(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const SharedPointer shared = use(env);
  return run_task(
      env,
      [shared, path = info[0].ToString().Utf8Value(), format = info[1].ToString().Utf8Value(),
       metadata = metadata(info[2].As<Napi::Object>())](const TaskContext&) -> MakeValue {
        const std::lock_guard lock(shared->running);
        const model::Network& network = *shared->session.network;
        if (format == "torchscript") {
          export_torchscript(path, network, metadata);
        } else if (format == "pytorch") {
          weights::write_state_dict(path, network.state());
        } else {
          weights::write_safetensors(path, network.state(), metadata);
        }
        return [](Napi::Env env) { return env.Undefined(); };
      },
      {.stop = nullptr, .listener = {}, .settled = begin(env, false)});
}

Napi::Value ModelWrap::state(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const SharedPointer shared = use(env);
  return run_task(env,
                  [shared](const TaskContext&) -> MakeValue {
                    const std::lock_guard lock(shared->running);
                    return [state = shared->session.network->state()](Napi::Env env) {
                      Napi::Object object = Napi::Object::New(env);
                      for (const auto& [name, tensor] : state)
                        object.Set(name, to_object(env, tensor));
                      return object;
                    };
                  },
                  {.stop = nullptr, .listener = {}, .settled = begin(env, false)});
}

void ModelWrap::dispose(const Napi::CallbackInfo& info) {
  if (!shared_) return;
  change(info.Env());
  shared_.reset();
  Napi::MemoryManagement::AdjustExternalMemory(info.Env(), -bytes_);
  bytes_ = 0;
}

Napi::Value create_model(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  std::string architecture = "resnet50", device = "auto", origin = "The weights file";
  uint64_t seed = 0;
  bool backbone_only = false;
  read(options, "architecture", architecture);
  read(options, "device", device);
  read(options, "origin", origin);
  read(options, "seed", seed);
  read(options, "backboneOnly", backbone_only);
  const data::Preprocessing preprocessing =
      napi::preprocessing(options.Get("preprocessing").As<Napi::Object>());
  return run_task(
      info.Env(),
      [=, variant = variant(options.Get("variant")),
       drawn = initializer(options.Get("initializer")), head = head_layers(options.Get("head")),
       file = WeightsWrap::from(options.Get("weights"))](const TaskContext&) -> MakeValue {
        auto shared = std::make_shared<ModelWrap::Shared>();
        shared->session.backend = device::make_backend(device);
        shared->session.preprocessing = preprocessing;
        shared->session.network = std::make_shared<model::Network>(
            model::find_architecture(architecture, variant),
            model::InputShape{preprocessing.height, preprocessing.width}, head, seed, drawn);
        if (file) shared->session.network->load(file->tensors, origin, backbone_only);
        const auto scope = shared->session.backend->enter();
        shared->session.network->to(shared->session.backend->device());
        return [shared](Napi::Env env) { return ModelWrap::make(env, shared); };
      });
}

}  // namespace thaw::napi
