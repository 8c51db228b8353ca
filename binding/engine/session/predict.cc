#include "engine/session/predict.h"

#include "engine/error.h"
#include "engine/session/within_memory.h"

namespace thaw::session {

data::LoaderOptions loader_options(const Session& session, const DataOptions& options) {
  data::LoaderOptions loader;
  loader.batch_size = options.batch_size;
  loader.preprocessing = session.preprocessing;
  if (options.decode) loader.preprocessing.decode = *options.decode;
  loader.decode.max_pixels = options.max_pixels;
  loader.threads = options.threads;
  loader.allocate = [backend = session.backend](at::IntArrayRef sizes, at::ScalarType type) {
    return backend->host_buffer(sizes, type);
  };
  return loader;
}

static at::Tensor predict_all(Session& session, std::shared_ptr<const data::Dataset> dataset,
                              const DataOptions& options, const Control* control) {
  at::NoGradGuard no_grad;
  if (session.network->head().empty()) {
    fail("ERR_NO_HEAD",
         "The model has no head to predict classes with: load it with includeTop or call "
         "replaceHead().");
  }
  data::LoaderOptions loader_settings = loader_options(session, options);
  loader_settings.drop_unreadable = false;
  data::Loader loader(std::move(dataset), std::move(loader_settings));
  const Session::Parts& parts = session.inference(options.compute, options.kernels);
  const bool sigmoid = session.network->final_activation() == model::Activation::kSigmoid ||
                       session.network->outputs() == 1;
  std::vector<at::Tensor> all;
  loader.start_epoch(0);
  while (std::optional<data::Batch> batch = loader.next()) {
    check(control);
    const at::Tensor images = session.input(batch->images, batch->lease, options.compute);
    const at::Tensor logits = parts.trained->forward(parts.frozen->forward(images), {});
    at::Tensor probabilities = sigmoid ? logits.sigmoid() : logits.softmax(1);
    if (logits.size(1) == 1) probabilities = at::cat({1 - probabilities, probabilities}, 1);
    all.push_back(probabilities.to(at::kCPU));
  }
  return at::cat(all);
}

at::Tensor predict(Session& session, std::shared_ptr<const data::Dataset> dataset,
                   const DataOptions& options, const Control* control) {
  const auto scope = session.backend->enter();
  return within_memory(session, options, Pass::kInference,
                       [&] { return predict_all(session, dataset, options, control); });
}

at::Tensor apply(Session& session, const at::Tensor& images, const DataOptions& options) {
  at::NoGradGuard no_grad;
  const auto scope = session.backend->enter();
  const Session::Parts& parts = session.inference(options.compute, options.kernels);
  const at::Tensor input = session.input(images, nullptr, options.compute);
  at::Tensor output = parts.trained->forward(parts.frozen->forward(input)).to(at::kFloat);
  if (session.network->head().empty())
    return output.permute({0, 2, 3, 1}).contiguous().to(at::kCPU);
  if (session.network->final_activation() == model::Activation::kSoftmax)
    output = output.softmax(1);
  if (session.network->final_activation() == model::Activation::kSigmoid) output = output.sigmoid();
  return output.to(at::kCPU).contiguous();
}

}  // namespace thaw::session
