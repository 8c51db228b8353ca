#include "napi/convert.h"

#include <c10/util/safe_numerics.h>

#include <cstring>

#include "napi/fields.h"

namespace thaw::napi {
namespace {

std::vector<std::string> keys_of(const Napi::Object& object) {
  return read<std::vector<std::string>>(object.GetPropertyNames(), "keys");
}

bool is(const Napi::Value& value, napi_typedarray_type type) {
  return value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == type;
}

const uint8_t* start_of(const Napi::TypedArray& array) {
  return static_cast<const uint8_t*>(array.ArrayBuffer().Data()) + array.ByteOffset();
}

// A Uint8Array or Float32Array, in this shape; not a copy.
at::Tensor view_of(const Napi::Value& data, const Napi::Value& shape, const std::string& path) {
  const bool bytes = is(data, napi_uint8_array);
  if (!bytes && !is(data, napi_float32_array)) refuse(path, "a Uint8Array or Float32Array");
  const auto sizes = read<std::vector<int64_t>>(shape, path + "'s shape");
  const Napi::TypedArray array = data.As<Napi::TypedArray>();
  uint64_t elements = 0;
  const bool negative = std::any_of(sizes.begin(), sizes.end(), [](int64_t n) { return n < 0; });
  if (negative || c10::safe_multiplies_u64(sizes, &elements) || elements != array.ElementLength())
    refuse(path, "as many values as its shape says");
  auto* start = const_cast<uint8_t*>(start_of(array));  // only read
  return at::from_blob(start, sizes, bytes ? at::kByte : at::kFloat);
}

StateDict views_of(const Napi::Value& value) {
  const Napi::Object tensors = as_object(value, "tensors");
  StateDict state;
  for (const std::string& name : keys_of(tensors)) {
    const Napi::HandleScope scope(tensors.Env());
    const Napi::Object tensor = as_object(tensors.Get(name), name);
    const Napi::Value data = tensor.Get("data");
    if (!is(data, napi_float32_array)) refuse(name, "a Float32Array");
    state.emplace_back(name, view_of(data, tensor.Get("shape"), name));
  }
  return state;
}

StateDict copied(StateDict state) {
  for (auto& [name, tensor] : state) tensor = tensor.clone();
  return state;
}

Napi::Object tensor_object(Napi::Env env, const Napi::Value& data, at::IntArrayRef shape) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("data", data);
  object.Set("shape", write(env, shape));
  return object;
}

// A copy of a Float32Array.
at::Tensor floats(const Napi::Value& value, const std::string& path) {
  if (!is(value, napi_float32_array)) refuse(path, "a Float32Array");
  const Napi::Float32Array array = value.As<Napi::Float32Array>();
  auto* start = const_cast<float*>(array.Data());  // only read: it is copied
  return at::from_blob(start, {static_cast<int64_t>(array.ElementLength())}, at::kFloat).clone();
}

std::vector<std::vector<uint8_t>> encoded_images(const Napi::Value& value,
                                                 const std::string& path) {
  const Napi::Array images = as_array(value, path);
  std::vector<std::vector<uint8_t>> encoded;
  for (uint32_t i = 0; i < images.Length(); ++i) {
    const Napi::HandleScope scope(value.Env());
    const Napi::Value image = images.Get(i);
    if (!is(image, napi_uint8_array)) refuse(path + "[" + std::to_string(i) + "]", "a Uint8Array");
    const Napi::TypedArray array = image.As<Napi::TypedArray>();
    encoded.emplace_back(start_of(array), start_of(array) + array.ByteLength());
  }
  return encoded;
}

}  // namespace

StateDict state_dict(const Napi::Value& value) { return copied(views_of(value)); }

ArraysIn::ArraysIn(const Napi::Value& tensors)
    : arrays_(Napi::Persistent(as_object(tensors, "tensors"))), views_(views_of(tensors)) {}

StateDict ArraysIn::copy() const { return copied(views_); }

ArraysOut::ArraysOut(Napi::Env env) : object_(Napi::Persistent(Napi::Object::New(env))) {}

void ArraysOut::add(const std::string& name, at::IntArrayRef shape) {
  const Napi::HandleScope scope(object_.Env());
  const auto elements = static_cast<size_t>(c10::multiply_integers(shape));
  Napi::Float32Array data = Napi::Float32Array::New(object_.Env(), elements);
  views_.emplace(name, at::from_blob(data.Data(), shape, at::kFloat));
  value().Set(name, tensor_object(object_.Env(), data, shape));
}

void ArraysOut::fill(const StateDict& state) const {
  for (const auto& [name, tensor] : state) views_.at(name).copy_(tensor);
}

Metadata metadata(const Napi::Value& value) {
  const Napi::Object texts = as_object(value, "metadata");
  Metadata metadata;
  for (const std::string& key : keys_of(texts)) metadata[key] = as_string(texts.Get(key), key);
  return metadata;
}

std::shared_ptr<const data::Dataset> dataset(const Napi::Value& value, const std::string& path) {
  if (absent(value)) return nullptr;
  Reader reader(value, path);
  auto result = std::make_shared<data::Dataset>();
  reader("paths", result->paths);
  const Napi::Value images = reader.get("images"), pixels = reader.get("pixels"),
                    shape = reader.get("shape"), labels = reader.get("labels"),
                    shares = reader.get("shares"), weights = reader.get("sampleWeights");
  reader("multiLabel", result->multi_label);
  if (!absent(images)) result->encoded = encoded_images(images, reader.path_of("images"));
  if (!absent(pixels)) result->pixels = view_of(pixels, shape, reader.path_of("pixels")).clone();
  if (!absent(labels)) {
    if (!is(labels, napi_int32_array)) refuse(reader.path_of("labels"), "an Int32Array");
    const Napi::Int32Array indices = labels.As<Napi::Int32Array>();
    result->labels.assign(indices.Data(), indices.Data() + indices.ElementLength());
  }
  if (!absent(shares)) {
    result->shares = floats(shares, reader.path_of("shares"))
                         .view({result->size(), result->size() > 0 ? -1 : 0});
  }
  if (!absent(weights)) {
    const at::Tensor values = floats(weights, reader.path_of("sampleWeights"));
    const float* first = values.const_data_ptr<float>();
    result->sample_weights.assign(first, first + values.numel());
  }
  reader.finish();
  return result;
}

Napi::Object to_object(Napi::Env env, const at::Tensor& tensor) {
  const at::Tensor values = tensor.to(at::kCPU, at::kFloat).contiguous();
  Napi::Float32Array data = Napi::Float32Array::New(env, static_cast<size_t>(values.numel()));
  std::memcpy(data.Data(), values.const_data_ptr<float>(), data.ByteLength());
  return tensor_object(env, data, values.sizes());
}

}  // namespace thaw::napi
