// Engine -> JavaScript.
#include <cstring>

#include "napi/convert.h"

namespace thaw::napi {

Napi::Array to_array(Napi::Env env, at::IntArrayRef values) {
  Napi::Array array = Napi::Array::New(env, values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    array.Set(static_cast<uint32_t>(i), Napi::Number::New(env, static_cast<double>(values[i])));
  }
  return array;
}

Napi::Object to_object(Napi::Env env, const model::Layer& layer) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("name", layer.name);
  object.Set("torchName", layer.torch_name);
  object.Set("type", layer.type);
  object.Set("outputShape", to_array(env, layer.output_shape));
  object.Set("head", layer.head);
  object.Set("trainable", layer.trainable);
  object.Set("weights", static_cast<double>(layer.weights));
  object.Set("buffers", static_cast<double>(layer.buffers));
  return object;
}

Napi::Object to_object(Napi::Env env, const train::EpochRecord& record) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("loss", record.training.loss);
  object.Set("accuracy", record.training.accuracy);
  object.Set("top5", record.training.top5);
  object.Set("images", static_cast<double>(record.training.images));
  if (record.validated) {
    object.Set("valLoss", record.validation.loss);
    object.Set("valAccuracy", record.validation.accuracy);
    object.Set("valTop5", record.validation.top5);
  }
  object.Set("epochSeconds", record.seconds);
  object.Set("imagesPerSecond", record.images_per_second);
  object.Set("learningRate", record.learning_rate);
  return object;
}

Napi::Object to_object(Napi::Env env, const train::Evaluation& evaluation) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("loss", evaluation.values.loss);
  object.Set("accuracy", evaluation.values.accuracy);
  object.Set("top5", evaluation.values.top5);
  object.Set("images", static_cast<double>(evaluation.values.images));
  object.Set("confusion", to_array(env, evaluation.confusion));
  object.Set("skipped", to_array(env, evaluation.unreadable));
  return object;
}

Napi::Object to_object(Napi::Env env, const train::History& history) {
  Napi::Object object = Napi::Object::New(env);
  Napi::Array epochs = Napi::Array::New(env, history.epochs.size());
  for (size_t i = 0; i < history.epochs.size(); ++i) {
    epochs.Set(static_cast<uint32_t>(i), to_object(env, history.epochs[i]));
  }
  object.Set("epochs", epochs);
  object.Set("skipped", to_array(env, history.unreadable));
  object.Set("bestEpoch", static_cast<double>(history.best_epoch));
  object.Set("stoppedEarly", history.stopped_early);
  if (history.evaluation) object.Set("evaluation", to_object(env, *history.evaluation));
  const train::TimeSpent& time = history.time;
  Napi::Object seconds = Napi::Object::New(env);
  seconds.Set("total", time.total);
  seconds.Set("waiting", time.waiting);
  seconds.Set("frozen", time.frozen);
  seconds.Set("cache", time.cache);
  seconds.Set("trained", time.trained);
  seconds.Set("validation", time.validation);
  object.Set("seconds", seconds);
  return object;
}

Napi::Object to_object(Napi::Env env, const train::CacheReport& report) {
  static constexpr const char* kPlaces[] = {"off", "device", "memory", "disk"};
  Napi::Object object = Napi::Object::New(env);
  object.Set("place", kPlaces[static_cast<int>(report.place)]);
  object.Set("bytes", static_cast<double>(report.bytes));
  object.Set("images", static_cast<double>(report.images));
  object.Set("found", static_cast<double>(report.found));
  if (!report.file.empty()) object.Set("file", report.file);
  if (!report.reason.empty()) object.Set("reason", report.reason);
  return object;
}

Napi::Array to_array(Napi::Env env, const std::vector<data::UnreadableImage>& images) {
  Napi::Array array = Napi::Array::New(env, images.size());
  for (size_t i = 0; i < images.size(); ++i) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", images[i].name);
    object.Set("code", images[i].code);
    object.Set("reason", images[i].reason);
    array.Set(static_cast<uint32_t>(i), object);
  }
  return array;
}

Napi::Object to_object(Napi::Env env, const at::Tensor& tensor) {
  const at::Tensor values = tensor.to(at::kCPU, at::kFloat).contiguous();
  Napi::Float32Array data = Napi::Float32Array::New(env, static_cast<size_t>(values.numel()));
  std::memcpy(data.Data(), values.const_data_ptr<float>(), data.ByteLength());
  Napi::Object object = Napi::Object::New(env);
  object.Set("data", data);
  object.Set("shape", to_array(env, values.sizes()));
  return object;
}

}  // namespace thaw::napi
