// A weights file that has been read: its format, metadata and tensor shapes, to be inspected in
// JavaScript before a network is built from it.
#pragma once

#include <memory>

#include "engine/weights/weights.h"
#include "napi/guard.h"
#include "napi/napi.h"

namespace thaw::napi {

class WeightsWrap : public Wrap<WeightsWrap> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit WeightsWrap(const Napi::CallbackInfo& info);

  static Napi::Object make(Napi::Env env, std::shared_ptr<const weights::WeightsFile> file);
  // Null for undefined.
  static std::shared_ptr<const weights::WeightsFile> from(const Napi::Value& value);

 private:
  Napi::Value format(const Napi::CallbackInfo& info);
  Napi::Value metadata(const Napi::CallbackInfo& info);
  Napi::Value shapes(const Napi::CallbackInfo& info);

  std::shared_ptr<const weights::WeightsFile> file_;
};

// readWeights(path): Promise<Weights>
Napi::Value read_weights(const Napi::CallbackInfo& info);

// readCheckpoint(directory): Promise<{ weights, best, epoch, batch, damaged }>
Napi::Value read_checkpoint(const Napi::CallbackInfo& info);

// makeWeights(format, tensors, metadata): Promise<Weights>, of what was read in JavaScript. Copies
// on a thread of its own.
Napi::Value make_weights(const Napi::CallbackInfo& info);

}  // namespace thaw::napi
