#include "engine/session/examine.h"

#include <functional>

#include "engine/session/predict.h"
#include "engine/session/probe.h"
#include "engine/session/within_memory.h"

namespace thaw::session {
namespace {

Examined read_all(std::shared_ptr<const data::Dataset> dataset, data::LoaderOptions options,
                  const Control* control, const std::function<void(const data::Batch&)>& each) {
  options.limit = nullptr;
  data::Loader loader(std::move(dataset), std::move(options));
  loader.start_epoch(0);
  Examined examined;
  while (std::optional<data::Batch> batch = loader.next()) {
    check(control);
    if (batch->samples.empty()) continue;
    each(*batch);
    examined.samples.insert(examined.samples.end(), batch->samples.begin(), batch->samples.end());
  }
  examined.unreadable = loader.unreadable();
  return examined;
}

template <typename T>
std::vector<T> values_of(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.contiguous();
  const T* first = flat.const_data_ptr<T>();
  return {first, first + flat.numel()};
}

Examined examine_all(Session& session, std::shared_ptr<const data::Dataset> dataset,
                     int64_t classes, int64_t neighbours, const DataOptions& options,
                     const Control* control) {
  at::NoGradGuard no_grad;
  const Session::Parts& parts = session.inference(options.compute, options.kernels);
  std::vector<at::Tensor> rows;
  Examined examined =
      read_all(dataset, loader_options(session, options), control, [&](const data::Batch& batch) {
        const at::Tensor images = session.input(batch.images, batch.lease, options.compute);
        at::Tensor output = parts.trained->forward(parts.frozen->forward(images), {});
        output = output.to(at::kFloat);
        if (output.dim() == 4) output = output.mean({2, 3});
        rows.push_back((output / output.norm(2, 1, true).clamp_min(1e-12)).to(at::kCPU));
      });
  if (examined.samples.size() < 2) return examined;
  const at::Tensor features = at::cat(rows);
  rows.clear();
  const Nearest nearest = nearest_rows(features, neighbours, [&] { check(control); });
  examined.neighbours = nearest.rows.size(1);
  examined.nearest = values_of<int64_t>(nearest.rows);
  examined.cosines = values_of<double>(nearest.cosines.to(at::kDouble));
  check(control);
  at::Tensor targets = dataset->targets(examined.samples);
  if (targets.dim() == 1) targets = at::one_hot(targets, classes);
  examined.outside = values_of<double>(leave_one_out(features, targets));
  return examined;
}

}  // namespace

Examined examine(std::shared_ptr<const data::Dataset> dataset, const DataOptions& options,
                 const Control* control) {
  data::LoaderOptions loader;
  loader.batch_size = options.batch_size;
  loader.threads = options.threads;
  loader.decode.max_pixels = options.max_pixels;
  loader.preprocessing.decode = options.decode.value_or(loader.preprocessing.decode);
  return read_all(std::move(dataset), std::move(loader), control, [](const data::Batch&) {});
}

Examined examine(Session& session, std::shared_ptr<const data::Dataset> dataset, int64_t classes,
                 int64_t neighbours, const DataOptions& options, const Control* control) {
  const auto scope = session.backend->enter();
  return within_memory(session, options, Pass::kInference, [&] {
    return examine_all(session, dataset, classes, neighbours, options, control);
  });
}

}  // namespace thaw::session
