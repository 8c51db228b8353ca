// JavaScript -> engine.
#include <map>

#include "napi/convert.h"

namespace thaw::napi {
namespace {

template <typename Enum>
void read_enum(const Napi::Object& object, const char* key,
               const std::map<std::string, Enum>& names, Enum& value) {
  std::string name;
  read(object, key, name);
  if (const auto entry = names.find(name); entry != names.end()) value = entry->second;
}

}  // namespace

bool has(const Napi::Object& object, const char* key) {
  const Napi::Value value = object.Get(key);
  return !value.IsUndefined() && !value.IsNull();
}

void read(const Napi::Object& object, const char* key, int64_t& value) {
  if (has(object, key)) value = object.Get(key).ToNumber().Int64Value();
}

void read(const Napi::Object& object, const char* key, int& value) {
  if (has(object, key)) value = object.Get(key).ToNumber().Int32Value();
}

void read(const Napi::Object& object, const char* key, uint64_t& value) {
  if (has(object, key)) value = static_cast<uint64_t>(object.Get(key).ToNumber().Int64Value());
}

void read(const Napi::Object& object, const char* key, double& value) {
  if (has(object, key)) value = object.Get(key).ToNumber().DoubleValue();
}

void read(const Napi::Object& object, const char* key, bool& value) {
  if (has(object, key)) value = object.Get(key).ToBoolean().Value();
}

void read(const Napi::Object& object, const char* key, std::string& value) {
  if (has(object, key)) value = object.Get(key).ToString().Utf8Value();
}

std::vector<double> numbers(const Napi::Value& value) {
  std::vector<double> result;
  if (!value.IsArray()) return result;
  const Napi::Array array = value.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); ++i)
    result.push_back(array.Get(i).ToNumber().DoubleValue());
  return result;
}

std::vector<std::string> strings(const Napi::Value& value) {
  std::vector<std::string> result;
  if (!value.IsArray()) return result;
  const Napi::Array array = value.As<Napi::Array>();
  result.reserve(array.Length());
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::HandleScope scope(value.Env());  // listings are long
    result.push_back(array.Get(i).ToString().Utf8Value());
  }
  return result;
}

std::vector<model::HeadLayer> head_layers(const Napi::Value& value) {
  static const std::map<std::string, model::HeadKind> kinds = {
      {"globalAveragePooling", model::HeadKind::kGlobalAveragePooling},
      {"flatten", model::HeadKind::kFlatten},
      {"dense", model::HeadKind::kDense},
      {"dropout", model::HeadKind::kDropout},
      {"batchNormalization", model::HeadKind::kBatchNormalization}};
  static const std::map<std::string, model::Activation> activations = {
      {"linear", model::Activation::kLinear},
      {"relu", model::Activation::kRelu},
      {"softmax", model::Activation::kSoftmax},
      {"sigmoid", model::Activation::kSigmoid}};
  std::vector<model::HeadLayer> head;
  if (!value.IsArray()) return head;
  const Napi::Array array = value.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Object object = array.Get(i).As<Napi::Object>();
    model::HeadLayer layer{.kind = model::HeadKind::kDense, .name = ""};
    read_enum(object, "kind", kinds, layer.kind);
    read_enum(object, "activation", activations, layer.activation);
    read(object, "name", layer.name);
    read(object, "units", layer.units);
    read(object, "rate", layer.rate);
    read(object, "momentum", layer.momentum);
    read(object, "epsilon", layer.epsilon);
    head.push_back(std::move(layer));
  }
  return head;
}

model::Variant variant(const Napi::Value& name) {
  const bool keras = name.IsString() && name.ToString().Utf8Value() == "keras";
  return keras ? model::Variant::kKeras : model::Variant::kTorchvision;
}

model::Initializer initializer(const Napi::Value& name) {
  const bool pytorch = name.IsString() && name.ToString().Utf8Value() == "pytorch";
  return pytorch ? model::Initializer::kPytorch : model::Initializer::kKeras;
}

StateDict state_dict(const Napi::Object& tensors) {
  StateDict state;
  for (const std::string& name : strings(tensors.GetPropertyNames())) {
    const Napi::HandleScope scope(tensors.Env());
    const Napi::Object tensor = tensors.Get(name).As<Napi::Object>();
    auto data = tensor.Get("data").As<Napi::Float32Array>();
    std::vector<int64_t> shape;
    for (const double size : numbers(tensor.Get("shape")))
      shape.push_back(static_cast<int64_t>(size));
    if (c10::multiply_integers(shape) != static_cast<int64_t>(data.ElementLength()))
      throw Napi::RangeError::New(tensors.Env(), name + " has other numbers than its shape says.");
    state.emplace_back(name, at::from_blob(data.Data(), shape, at::kFloat).clone());
  }
  return state;
}

Metadata metadata(const Napi::Object& texts) {
  Metadata metadata;
  for (const std::string& key : strings(texts.GetPropertyNames()))
    metadata[key] = texts.Get(key).ToString().Utf8Value();
  return metadata;
}

data::Preprocessing preprocessing(const Napi::Object& object) {
  data::Preprocessing result;
  read(object, "height", result.height);
  read(object, "width", result.width);
  read(object, "resize", result.resize);
  const std::vector<double> mean = numbers(object.Get("mean")), std = numbers(object.Get("std"));
  if (mean.size() == 3) std::copy_n(mean.begin(), 3, result.mean.begin());
  if (std.size() == 3) std::copy_n(std.begin(), 3, result.std.begin());
  return result;
}

std::shared_ptr<const data::Dataset> dataset(const Napi::Value& value) {
  if (!value.IsObject()) return nullptr;
  const Napi::Object object = value.As<Napi::Object>();
  auto result = std::make_shared<data::Dataset>();
  result->paths = strings(object.Get("paths"));
  if (object.Get("images").IsArray()) {
    const Napi::Array images = object.Get("images").As<Napi::Array>();
    for (uint32_t i = 0; i < images.Length(); ++i) {
      const Napi::Uint8Array bytes = images.Get(i).As<Napi::Uint8Array>();
      result->encoded.emplace_back(bytes.Data(), bytes.Data() + bytes.ByteLength());
    }
  }
  if (object.Get("pixels").IsTypedArray()) {
    const Napi::TypedArray pixels = object.Get("pixels").As<Napi::TypedArray>();
    std::vector<int64_t> shape;
    for (const double size : numbers(object.Get("shape")))
      shape.push_back(static_cast<int64_t>(size));
    const bool bytes = pixels.TypedArrayType() == napi_uint8_array;
    auto* start = static_cast<uint8_t*>(pixels.ArrayBuffer().Data()) + pixels.ByteOffset();
    result->pixels = at::from_blob(start, shape, bytes ? at::kByte : at::kFloat).clone();
  }
  if (object.Get("labels").IsTypedArray()) {
    const Napi::Int32Array labels = object.Get("labels").As<Napi::Int32Array>();
    result->labels.assign(labels.Data(), labels.Data() + labels.ElementLength());
  }
  return result;
}

train::TrainingOptions training_options(const Napi::Object& object) {
  using train::OptimizerKind, train::LossKind, train::ScheduleKind;
  train::TrainingOptions result;
  if (has(object, "optimizer")) {
    const Napi::Object optimizer = object.Get("optimizer").As<Napi::Object>();
    train::OptimizerOptions& to = result.optimizer;
    read_enum(optimizer, "kind",
              {{"adam", OptimizerKind::kAdam},
               {"adamw", OptimizerKind::kAdamW},
               {"sgd", OptimizerKind::kSgd}},
              to.kind);
    read(optimizer, "learningRate", to.learning_rate);
    read(optimizer, "weightDecay", to.weight_decay);
    read(optimizer, "beta1", to.beta1);
    read(optimizer, "beta2", to.beta2);
    read(optimizer, "epsilon", to.epsilon);
    read(optimizer, "epsilonHat", to.epsilon_hat);
    read(optimizer, "momentum", to.momentum);
    read(optimizer, "nesterov", to.nesterov);
  }
  if (object.Get("groups").IsArray()) {
    const Napi::Array groups = object.Get("groups").As<Napi::Array>();
    for (uint32_t i = 0; i < groups.Length(); ++i) {
      const Napi::Object group = groups.Get(i).As<Napi::Object>();
      train::GroupOverride to{
          .modules = strings(group.Get("modules")), .learning_rate = {}, .weight_decay = {}};
      if (has(group, "learningRate")) read(group, "learningRate", to.learning_rate.emplace());
      if (has(group, "weightDecay")) read(group, "weightDecay", to.weight_decay.emplace());
      result.groups.push_back(std::move(to));
    }
  }
  read_enum(object, "loss",
            {{"categoricalCrossentropy", LossKind::kCategoricalCrossentropy},
             {"binaryCrossentropy", LossKind::kBinaryCrossentropy}},
            result.loss.kind);
  read(object, "labelSmoothing", result.loss.label_smoothing);
  result.loss.class_weights = numbers(object.Get("classWeights"));
  if (has(object, "schedule")) {
    const Napi::Object schedule = object.Get("schedule").As<Napi::Object>();
    train::Schedule& to = result.schedule;
    read_enum(schedule, "kind",
              {{"constant", ScheduleKind::kConstant},
               {"cosine", ScheduleKind::kCosine},
               {"step", ScheduleKind::kStep}},
              to.kind);
    read(schedule, "warmupEpochs", to.warmup_epochs);
    read(schedule, "minimum", to.minimum);
    read(schedule, "every", to.every_epochs);
    read(schedule, "gamma", to.gamma);
  }
  return result;
}

at::ScalarType precision(const Napi::Object& object, const device::Backend& backend) {
  std::string name = "auto";
  read(object, "precision", name);
  if (name == "float32") return at::kFloat;
  return name == "bfloat16" ? at::kBFloat16 : train::automatic_precision(backend);
}

const char* precision_name(at::ScalarType type) {
  return type == at::kBFloat16 ? "bfloat16" : "float32";
}

train::DataOptions data_options(const Napi::Object& object, const device::Backend& backend) {
  train::DataOptions result;
  read(object, "batchSize", result.batch_size);
  read(object, "threads", result.threads);
  read(object, "maxSkippedShare", result.max_unreadable_share);
  if (has(object, "kernels")) {
    using device::Kernels;
    read_enum(object, "kernels", {{"plain", Kernels::kPlain}, {"fused", Kernels::kFused}},
              result.kernels.emplace());
  }
  result.compute = precision(object, backend);
  return result;
}

train::FitOptions fit_options(const Napi::Object& object, const device::Backend& backend) {
  using data::Augmentation, train::Monitor;
  train::FitOptions result;
  static_cast<train::DataOptions&>(result) = data_options(object, backend);
  read(object, "epochs", result.epochs);
  read(object, "shuffle", result.shuffle);
  read(object, "seed", result.seed);
  read_enum(object, "augment",
            {{"none", Augmentation::kNone},
             {"flip", Augmentation::kFlip},
             {"standard", Augmentation::kStandard}},
            result.augmentation);
  read(object, "cacheViews", result.views);
  if (has(object, "cache")) {
    using Mode = train::CacheOptions::Mode;
    const Napi::Object cache = object.Get("cache").As<Napi::Object>();
    read_enum(cache, "mode", {{"off", Mode::kOff}, {"auto", Mode::kAuto}, {"disk", Mode::kDisk}},
              result.cache.mode);
    read(cache, "memory", result.cache.memory);
    read(cache, "directory", result.cache.directory);
  }
  read(object, "accumulationSteps", result.accumulation_steps);
  read(object, "clipNorm", result.clip_norm);
  if (has(object, "earlyStopping")) {
    const Napi::Object stopping = object.Get("earlyStopping").As<Napi::Object>();
    train::EarlyStopping& to = result.early_stopping.emplace();
    read_enum(stopping, "monitor",
              {{"valLoss", Monitor::kValLoss},
               {"valAccuracy", Monitor::kValAccuracy},
               {"loss", Monitor::kLoss},
               {"accuracy", Monitor::kAccuracy}},
              to.monitor);
    read(stopping, "patience", to.patience);
    read(stopping, "minDelta", to.min_delta);
    read(stopping, "restoreBestWeights", to.restore_best);
  }
  if (has(object, "checkpoint")) {
    const Napi::Object checkpoint = object.Get("checkpoint").As<Napi::Object>();
    read(checkpoint, "directory", result.checkpoint_directory);
    read(checkpoint, "resume", result.resume);
  }
  return result;
}

}  // namespace thaw::napi
