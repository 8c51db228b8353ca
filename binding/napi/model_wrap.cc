#include "napi/model_wrap.h"

#include "engine/error.h"
#include "engine/export/torchscript.h"
#include "engine/session/examine.h"
#include "engine/session/predict.h"
#include "engine/train/evaluate.h"
#include "engine/train/fit.h"
#include "engine/weights/pytorch.h"
#include "engine/weights/safetensors.h"
#include "napi/convert.h"
#include "napi/fields.h"
#include "napi/state.h"
#include "napi/stop_flag.h"
#include "napi/task.h"
#include "napi/weights_wrap.h"

namespace thaw::napi {

using SharedPointer = std::shared_ptr<ModelWrap::Shared>;

namespace {

struct ModelOptions {
  std::string architecture = "resnet50";
  model::Variant variant = model::Variant::kTorchvision;
  std::string device = "auto";
  std::vector<model::HeadLayer> head;
  uint64_t seed = 0;
  model::Initializer initializer = model::Initializer::kKeras;
  data::Preprocessing preprocessing;
  std::string origin = "The weights file";  // what messages call it
  bool backbone_only = false;
};

void fields(auto& visit, Of<ModelOptions> auto& options) {
  visit("architecture", options.architecture);
  visit("variant", options.variant);
  visit("device", options.device);
  visit("head", options.head);
  visit("seed", options.seed);
  visit("initializer", options.initializer);
  visit("preprocessing", options.preprocessing);
  visit("origin", options.origin);
  visit("backboneOnly", options.backbone_only);
}

struct FitArguments {
  train::FitOptions options;
  bool batch_events = false;  // someone listens to them
  // Once it has begun, and after each epoch, the run is held until the listener has it released.
  bool hold_epochs = false;
};

void fields(auto& visit, Of<FitArguments> auto& arguments) {
  fields(visit, arguments.options);
  visit("batchEvents", arguments.batch_events, Field::kIncidental);
  visit("holdEpochs", arguments.hold_epochs, Field::kIncidental);
}

enum class SaveFormat { kSafetensors, kTorchscript, kPytorch };

constexpr auto names(SaveFormat) {
  return std::to_array<Name<SaveFormat>>({{SaveFormat::kSafetensors, "safetensors"},
                                          {SaveFormat::kTorchscript, "torchscript"},
                                          {SaveFormat::kPytorch, "pytorch"}});
}

// Options whose precision is decided.
template <typename Options>
Options read_options(const Napi::Value& value, const device::Backend& backend) {
  auto options = read<Options>(value, "");
  if (options.compute == at::ScalarType::Undefined)
    options.compute = session::automatic_precision(backend);
  return options;
}

std::shared_ptr<const data::Dataset> required_dataset(const Napi::Value& value,
                                                      const std::string& path) {
  if (absent(value)) refuse(path, "a data set");
  return dataset(value, path);
}

Napi::Object event_object(Napi::Env env, const char* type, const auto& event) {
  Napi::Object object = write_object(env, event);
  object.Set("type", type);
  return object;
}

train::FitEvents listen(const Events& events, session::Control& control,
                        const FitArguments& arguments) {
  train::FitEvents listener;
  const auto hold = [&control, wanted = arguments.hold_epochs] {
    if (wanted) control.hold();
  };
  listener.begin = [&events, hold](const train::BeginEvent& event) {
    hold();
    events.send([event](Napi::Env env) { return event_object(env, "begin", event); });
  };
  if (arguments.batch_events) {
    listener.batch = [&events](const train::BatchEvent& event) {
      events.send([event](Napi::Env env) { return event_object(env, "batch", event); });
    };
    listener.validation = [&events](const train::ValidationEvent& event) {
      events.send([event](Napi::Env env) { return event_object(env, "validation", event); });
    };
  }
  listener.epoch = [&events, hold](int64_t epoch, const train::EpochRecord& record, bool last) {
    hold();
    events.send([epoch, record, last](Napi::Env env) {
      Napi::Object object = event_object(env, "epoch", record);
      object.Set("epoch", static_cast<double>(epoch));
      object.Set("last", last);
      return object;
    });
  };
  return listener;
}

}  // namespace

// Tasks may outlive what JavaScript holds: the object is kept for them.
class ModelWrap::Busy {
 public:
  Busy(ModelWrap& model, const char* changing) : model_(model), changing_(changing) {
    model_.Ref();
    ++model_.tasks_;
    if (changing_) model_.changing_ = changing_;
  }
  ~Busy() {
    if (changing_) model_.changing_ = nullptr;
    --model_.tasks_;
    model_.Unref();
  }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

 private:
  ModelWrap& model_;
  const char* changing_;
};

// The arrays that state() fills, and the model that it is of.
struct ModelWrap::StateOut {
  std::shared_ptr<void> busy;
  ArraysOut arrays;
};

Napi::Function ModelWrap::define(Napi::Env env) {
  return DefineClass(
      env, "Model",
      {synchronous<&ModelWrap::layers>("layers"), synchronous<&ModelWrap::device>("device"),
       synchronous<&ModelWrap::set_trainable>("setTrainable"),
       synchronous<&ModelWrap::replace_head>("replaceHead"),
       synchronous<&ModelWrap::start_anew>("startAnew"),
       asynchronous<&ModelWrap::load_weights>("loadWeights"),
       synchronous<&ModelWrap::set_state>("setState"), synchronous<&ModelWrap::dispose>("dispose"),
       asynchronous<&ModelWrap::fit>("fit"), asynchronous<&ModelWrap::evaluate>("evaluate"),
       asynchronous<&ModelWrap::predict>("predict"), asynchronous<&ModelWrap::apply>("apply"),
       asynchronous<&ModelWrap::examine>("examine"), asynchronous<&ModelWrap::save>("save"),
       asynchronous<&ModelWrap::state>("state")});
}

Napi::Object ModelWrap::make(Napi::Env env, SharedPointer shared) {
  return State::of(env).model_class.New({Napi::External<SharedPointer>::New(env, &shared)});
}

ModelWrap::ModelWrap(const Napi::CallbackInfo& info) : Wrap(info) {
  guarded(info.Env(), [&] {
    if (info.Length() != 1 || !info[0].IsExternal())
      fail("ERR_INVALID_ARGUMENT", "A model is made by createModel().");
    shared_ = *info[0].As<Napi::External<SharedPointer>>().Data();
    for (const auto& named : shared_->session.network->named_tensors())
      bytes_ += static_cast<int64_t>(named.tensor->nbytes());
    // So that the garbage collector knows what a forgotten model costs.
    Napi::MemoryManagement::AdjustExternalMemory(info.Env(), bytes_);
  });
}

void ModelWrap::Finalize(Napi::Env env) {
  Napi::MemoryManagement::AdjustExternalMemory(env, -bytes_);
}

SharedPointer ModelWrap::use() const {
  if (!shared_) fail("ERR_DISPOSED", "The model has been disposed of.");
  if (changing_) fail("ERR_MODEL_BUSY", changing_);
  return shared_;
}

SharedPointer ModelWrap::change() const {
  SharedPointer shared = use();
  if (tasks_ > 0)
    fail("ERR_MODEL_BUSY", "The model is in use: wait for its promises before changing it.");
  return shared;
}

std::shared_ptr<void> ModelWrap::begin(const char* changing) {
  return std::make_shared<Busy>(*this, changing);
}

Napi::Value ModelWrap::layers(const Napi::CallbackInfo& info) {
  return write(info.Env(), use()->session.network->layers());
}

Napi::Value ModelWrap::device(const Napi::CallbackInfo& info) {
  return write(info.Env(), use()->session.backend->device().str());
}

Napi::Value ModelWrap::set_trainable(const Napi::CallbackInfo& info) {
  const SharedPointer shared = change();
  const bool trainable = read<bool>(info[1], "trainable");
  for (const size_t index : read<std::vector<size_t>>(info[0], "layers"))
    shared->session.network->set_trainable(index, trainable);
  return info.Env().Undefined();
}

Napi::Value ModelWrap::replace_head(const Napi::CallbackInfo& info) {
  const SharedPointer shared = change();
  const auto head = read<std::vector<model::HeadLayer>>(info[0], "head");
  const auto seed = read<uint64_t>(info[1], "seed");
  const auto initializer = absent(info[2]) ? model::Initializer::kKeras
                                           : read<model::Initializer>(info[2], "initializer");
  shared->session.network->replace_head(head, seed, initializer);
  shared->training = {};
  return info.Env().Undefined();
}

Napi::Value ModelWrap::start_anew(const Napi::CallbackInfo& info) {
  change()->training = {};
  return info.Env().Undefined();
}

Napi::Value ModelWrap::load_weights(const Napi::CallbackInfo& info) {
  const SharedPointer shared = change();
  const auto file = WeightsWrap::from(info[0]);
  if (!file) refuse("weights", "weights that were read");
  return run_task(
      info.Env(),
      [shared, file, origin = as_string(info[1], "origin"),
       backbone_only = read<bool>(info[2], "backboneOnly")](const TaskContext&) -> MakeValue {
        const std::lock_guard lock(shared->running);
        const auto scope = shared->session.backend->enter();
        shared->session.network->load(train::without_training(file->tensors), origin,
                                      backbone_only);
        return [](Napi::Env env) { return env.Undefined(); };
      },
      {.control = nullptr,
       .listener = {},
       .held = begin("The model is being given weights: wait until loadWeights() is done.")});
}

Napi::Value ModelWrap::set_state(const Napi::CallbackInfo& info) {
  const SharedPointer shared = change();
  const auto scope = shared->session.backend->enter();
  shared->session.network->set_state(state_dict(info[0]));
  return info.Env().Undefined();
}

Napi::Value ModelWrap::fit(const Napi::CallbackInfo& info) {
  const SharedPointer shared = use();
  auto arguments = read<FitArguments>(info[4], "");
  train::FitOptions& options = arguments.options;
  if (options.compute == at::ScalarType::Undefined)
    options.compute = session::automatic_precision(*shared->session.backend);
  return run_task(
      info.Env(),
      [shared, arguments, train = required_dataset(info[0], "train"),
       validation = dataset(info[1], "validation"), classes = read<int64_t>(info[2], "classes"),
       training =
           read<train::TrainingOptions>(info[3], "")](const TaskContext& context) -> MakeValue {
        const std::lock_guard lock(shared->running);
        const train::History history =
            train::fit(shared->session, shared->training, train, validation, classes, training,
                       arguments.options, listen(context.events, *context.control, arguments),
                       context.control);
        return [history](Napi::Env env) { return write_object(env, history); };
      },
      {.control = StopFlagWrap::from(info[5]),
       .listener = info[6].As<Napi::Function>(),
       .held = begin("The model is being trained: wait until fit() is done.")});
}

Napi::Value ModelWrap::evaluate(const Napi::CallbackInfo& info) {
  const SharedPointer shared = use();
  return run_task(
      info.Env(),
      [shared, dataset = required_dataset(info[0], "dataset"),
       classes = read<int64_t>(info[1], "classes"),
       loss = read<train::TrainingOptions>(info[2], "").loss,
       options = read_options<train::EvaluateOptions>(info[3], *shared->session.backend)](
          const TaskContext& context) -> MakeValue {
        const std::lock_guard lock(shared->running);
        const train::Evaluation evaluation =
            train::evaluate(shared->session, dataset, classes, loss, options, context.control);
        return [evaluation](Napi::Env env) { return write_object(env, evaluation); };
      },
      {.control = StopFlagWrap::from(info[4]), .listener = {}, .held = begin()});
}

Napi::Value ModelWrap::predict(const Napi::CallbackInfo& info) {
  const SharedPointer shared = use();
  return run_task(info.Env(),
                  [shared, dataset = required_dataset(info[0], "dataset"),
                   options = read_options<session::DataOptions>(info[1], *shared->session.backend)](
                      const TaskContext& context) -> MakeValue {
                    const std::lock_guard lock(shared->running);
                    const at::Tensor probabilities =
                        session::predict(shared->session, dataset, options, context.control);
                    return [probabilities](Napi::Env env) { return to_object(env, probabilities); };
                  },
                  {.control = StopFlagWrap::from(info[2]), .listener = {}, .held = begin()});
}

Napi::Value ModelWrap::apply(const Napi::CallbackInfo& info) {
  const SharedPointer shared = use();
  const std::shared_ptr<const data::Dataset> dataset = required_dataset(info[0], "dataset");
  if (!dataset->pixels.defined()) refuse("dataset", "pixels");
  return run_task(info.Env(),
                  [shared, dataset,
                   options = read_options<session::DataOptions>(info[1], *shared->session.backend)](
                      const TaskContext&) -> MakeValue {
                    const std::lock_guard lock(shared->running);
                    const at::Tensor output =
                        session::apply(shared->session, dataset->pixels, options);
                    return [output](Napi::Env env) { return to_object(env, output); };
                  },
                  {.control = nullptr, .listener = {}, .held = begin()});
}

Napi::Value ModelWrap::examine(const Napi::CallbackInfo& info) {
  const SharedPointer shared = use();
  return run_task(info.Env(),
                  [shared, dataset = required_dataset(info[0], "dataset"),
                   classes = read<int64_t>(info[1], "classes"),
                   neighbours = read<int64_t>(info[2], "neighbours"),
                   options = read_options<session::DataOptions>(info[3], *shared->session.backend)](
                      const TaskContext& context) -> MakeValue {
                    const std::lock_guard lock(shared->running);
                    const session::Examined examined = session::examine(
                        shared->session, dataset, classes, neighbours, options, context.control);
                    return [examined](Napi::Env env) { return write_object(env, examined); };
                  },
                  {.control = StopFlagWrap::from(info[4]), .listener = {}, .held = begin()});
}

Napi::Value ModelWrap::save(const Napi::CallbackInfo& info) {
  const SharedPointer shared = use();
  return run_task(
      info.Env(),
      [shared, path = as_string(info[0], "path"), format = read<SaveFormat>(info[1], "format"),
       metadata = metadata(info[2]),
       training = read<bool>(info[3], "withTraining")](const TaskContext&) -> MakeValue {
        const std::lock_guard lock(shared->running);
        const model::Network& network = *shared->session.network;
        switch (format) {
          case SaveFormat::kTorchscript:
            export_torchscript(path, network, metadata);
            break;
          case SaveFormat::kPytorch:
            weights::write_state_dict(path, network.state(), metadata);
            break;
          case SaveFormat::kSafetensors:
            weights::write_safetensors(path,
                                       training
                                           ? train::with_training(network.state(), shared->training)
                                           : network.state(),
                                       metadata);
            break;
        }
        return [](Napi::Env env) { return env.Undefined(); };
      },
      {.control = nullptr, .listener = {}, .held = begin()});
}

Napi::Value ModelWrap::state(const Napi::CallbackInfo& info) {
  const SharedPointer shared = use();
  std::optional<std::set<std::string>> names;
  if (!absent(info[0])) {
    const auto wanted = read<std::vector<std::string>>(info[0], "names");
    names.emplace(wanted.begin(), wanted.end());
  }
  const auto out = std::make_shared<StateOut>(StateOut{begin(), ArraysOut(info.Env())});
  for (const auto& named : shared->session.network->named_tensors()) {
    if (!names || names->contains(named.name)) out->arrays.add(named.name, named.tensor->sizes());
  }
  return run_task(info.Env(),
                  [shared, names, arrays = &out->arrays](const TaskContext&) -> MakeValue {
                    const std::lock_guard lock(shared->running);
                    arrays->fill(shared->session.network->state(names));
                    return [arrays](Napi::Env) { return arrays->value(); };
                  },
                  {.control = nullptr, .listener = {}, .held = out});
}

Napi::Value ModelWrap::dispose(const Napi::CallbackInfo& info) {
  if (shared_) {
    change();
    shared_.reset();
    Napi::MemoryManagement::AdjustExternalMemory(info.Env(), -bytes_);
    bytes_ = 0;
  }
  return info.Env().Undefined();
}

Napi::Value create_model(const Napi::CallbackInfo& info) {
  Reader reader(info[0], "");
  ModelOptions options;
  fields(reader, options);
  const auto file = WeightsWrap::from(reader.get("weights"));
  reader.finish();
  return run_task(info.Env(), [options, file](const TaskContext&) -> MakeValue {
    auto shared = std::make_shared<ModelWrap::Shared>();
    session::Session& session = shared->session;
    session.backend = device::make_backend(options.device);
    session.preprocessing = options.preprocessing;
    session.network = std::make_shared<model::Network>(
        model::find_architecture(options.architecture, options.variant),
        model::InputShape{options.preprocessing.height, options.preprocessing.width}, options.head,
        options.seed, options.initializer);
    if (file) {
      session.network->load(train::without_training(file->tensors), options.origin,
                            options.backbone_only);
      if (!options.backbone_only) shared->training = train::training_in(file->tensors);
    }
    const auto scope = session.backend->enter();
    session.network->to(session.backend->device());
    return [shared](Napi::Env env) { return ModelWrap::make(env, shared); };
  });
}

}  // namespace thaw::napi
