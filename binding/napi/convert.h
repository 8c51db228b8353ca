// Options objects -> engine structs and results -> plain objects. TypeScript has validated what
// arrives here; an option that is absent keeps the struct's default.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/device/backend.h"
#include "engine/model/head.h"
#include "engine/model/layer.h"
#include "engine/model/network.h"
#include "engine/train/evaluate.h"
#include "engine/train/history.h"
#include "engine/train/options.h"
#include "napi/napi.h"

namespace thaw::napi {

bool has(const Napi::Object& object, const char* key);  // present and neither undefined nor null
void read(const Napi::Object& object, const char* key, int64_t& value);
void read(const Napi::Object& object, const char* key, int& value);
void read(const Napi::Object& object, const char* key, uint64_t& value);
void read(const Napi::Object& object, const char* key, double& value);
void read(const Napi::Object& object, const char* key, bool& value);
void read(const Napi::Object& object, const char* key, std::string& value);
std::vector<double> numbers(const Napi::Value& array);
std::vector<std::string> strings(const Napi::Value& array);

std::vector<model::HeadLayer> head_layers(const Napi::Value& array);
model::Variant variant(const Napi::Value& name);          // undefined: torchvision's
model::Initializer initializer(const Napi::Value& name);  // undefined: Keras'
// { name: { data: Float32Array, shape } } -> float32 tensors, copied.
StateDict state_dict(const Napi::Object& tensors);
Metadata metadata(const Napi::Object& texts);
data::Preprocessing preprocessing(const Napi::Object& object);
// Copies what is in memory: JavaScript may change it while the engine reads.
std::shared_ptr<const data::Dataset> dataset(const Napi::Value& value);
train::TrainingOptions training_options(const Napi::Object& object);
train::DataOptions data_options(const Napi::Object& object, const device::Backend& backend);
train::FitOptions fit_options(const Napi::Object& object, const device::Backend& backend);
at::ScalarType precision(const Napi::Object& object, const device::Backend& backend);
const char* precision_name(at::ScalarType type);

Napi::Array to_array(Napi::Env env, at::IntArrayRef values);
Napi::Object to_object(Napi::Env env, const model::Layer& layer);
Napi::Object to_object(Napi::Env env, const train::EpochRecord& record);
Napi::Object to_object(Napi::Env env, const train::Evaluation& evaluation);
Napi::Object to_object(Napi::Env env, const train::History& history);
Napi::Object to_object(Napi::Env env, const train::CacheReport& report);
Napi::Array to_array(Napi::Env env, const std::vector<data::UnreadableImage>& images);
// float32 tensor on the CPU -> { data: Float32Array, shape: number[] }
Napi::Object to_object(Napi::Env env, const at::Tensor& tensor);

}  // namespace thaw::napi
