// What no list of fields describes: tensors, data sets, free texts.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "engine/data/dataset.h"
#include "engine/state_dict.h"
#include "napi/napi.h"

namespace thaw::napi {

// { name: { data: Float32Array, shape } } -> float32 tensors, copied.
StateDict state_dict(const Napi::Value& tensors);

// The same, copied on a task's thread, for weights are large: JavaScript keeps the arrays, and does
// not change them until the task is done. Made and destroyed on the JavaScript thread.
class ArraysIn {
 public:
  explicit ArraysIn(const Napi::Value& tensors);
  StateDict copy() const;  // on any thread

 private:
  Napi::ObjectReference arrays_;
  StateDict views_;
};

// The other way: arrays for the tensors of a state dict, filled on a task's thread. Made, destroyed
// and handed out on the JavaScript thread.
class ArraysOut {
 public:
  explicit ArraysOut(Napi::Env env);
  void add(const std::string& name, at::IntArrayRef shape);
  void fill(const StateDict& state) const;  // on any thread; of every name that was added
  Napi::Object value() const { return object_.Value(); }

 private:
  Napi::ObjectReference object_;
  std::map<std::string, at::Tensor> views_;
};
Metadata metadata(const Napi::Value& texts);
// Copies what is in memory: JavaScript may change it while the engine reads. Null for undefined.
std::shared_ptr<const data::Dataset> dataset(const Napi::Value& value, const std::string& path);

// float32 tensor on the CPU -> { data: Float32Array, shape: number[] }
Napi::Object to_object(Napi::Env env, const at::Tensor& tensor);

}  // namespace thaw::napi
