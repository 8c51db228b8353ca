// A network as JavaScript holds it. Long calls run on threads of their own, one at a time for each
// network.
#pragma once

#include <memory>
#include <mutex>

#include "engine/session/session.h"
#include "engine/train/state.h"
#include "napi/guard.h"
#include "napi/napi.h"

namespace thaw::napi {

class ModelWrap : public Wrap<ModelWrap> {
 public:
  // What tasks share with the object; it outlives the object while a task runs.
  struct Shared {
    session::Session session;
    train::TrainingState training;
    std::mutex running;  // held by the one task that uses the session
  };

  static Napi::Function define(Napi::Env env);
  static Napi::Object make(Napi::Env env, std::shared_ptr<Shared> shared);
  explicit ModelWrap(const Napi::CallbackInfo& info);
  void Finalize(Napi::Env env) override;  // collected without dispose()

 private:
  Napi::Value layers(const Napi::CallbackInfo& info);
  Napi::Value device(const Napi::CallbackInfo& info);
  Napi::Value set_trainable(const Napi::CallbackInfo& info);  // (indices: number[], trainable)
  Napi::Value replace_head(const Napi::CallbackInfo& info);   // (layers, seed, initializer)
  Napi::Value start_anew(const Napi::CallbackInfo& info);     // forgets earlier calls of fit()
  Napi::Value load_weights(const Napi::CallbackInfo& info);   // (weights, origin, backboneOnly)
  // (train, validation, classes, training, options, stop, listener)
  Napi::Value fit(const Napi::CallbackInfo& info);
  // (dataset, classes, training, options, stop)
  Napi::Value evaluate(const Napi::CallbackInfo& info);
  Napi::Value predict(const Napi::CallbackInfo& info);  // (dataset, options, stop)
  Napi::Value apply(const Napi::CallbackInfo& info);    // (dataset of float32 pixels, options)
  // (dataset, classes, neighbours, options, stop)
  Napi::Value examine(const Napi::CallbackInfo& info);
  // (path, format, metadata, withTraining)
  Napi::Value save(const Napi::CallbackInfo& info);
  // (names?: string[]): Promise<Record<name, tensor>>
  Napi::Value state(const Napi::CallbackInfo& info);
  Napi::Value set_state(const Napi::CallbackInfo& info);  // (Record<name, tensor>)
  Napi::Value dispose(const Napi::CallbackInfo& info);

  class Busy;
  struct StateOut;

  // The session. Throws ERR_DISPOSED; ERR_MODEL_BUSY while fit() or loadWeights() runs.
  std::shared_ptr<Shared> use() const;
  // For changes made at once: no task may be under way.
  std::shared_ptr<Shared> change() const;
  // Marks a task under way until the last copy of the result is gone, on the JavaScript thread.
  // `changing`: the sentence that refuses all other calls meanwhile; null: they wait for their
  // turn.
  std::shared_ptr<void> begin(const char* changing = nullptr);

  std::shared_ptr<Shared> shared_;
  int64_t bytes_ = 0;  // reported to V8
  int tasks_ = 0;      // under way; touched on the JavaScript thread only
  const char* changing_ = nullptr;
};

// createModel(options): Promise<Model>
Napi::Value create_model(const Napi::CallbackInfo& info);

}  // namespace thaw::napi
