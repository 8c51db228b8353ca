// What no list of fields describes: tensors, data sets, free texts.
#pragma once

#include <memory>

#include "engine/data/dataset.h"
#include "engine/state_dict.h"
#include "napi/napi.h"

namespace thaw::napi {

// { name: { data: Float32Array, shape } } -> float32 tensors, copied.
StateDict state_dict(const Napi::Value& tensors);
Metadata metadata(const Napi::Value& texts);
// Copies what is in memory: JavaScript may change it while the engine reads. Null for undefined.
std::shared_ptr<const data::Dataset> dataset(const Napi::Value& value, const std::string& path);

// float32 tensor on the CPU -> { data: Float32Array, shape: number[] }
Napi::Object to_object(Napi::Env env, const at::Tensor& tensor);

}  // namespace thaw::napi
