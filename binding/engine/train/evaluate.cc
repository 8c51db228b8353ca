#include "engine/train/evaluate.h"

#include "engine/error.h"
#include "engine/session/predict.h"
#include "engine/session/within_memory.h"

namespace thaw::train {

void evaluate_pass(features::FeatureSource& source, const model::Program& trained, const Loss& loss,
                   Metrics& metrics, const Control* control,
                   const std::function<void(int64_t)>& done) {
  at::NoGradGuard no_grad;
  source.start_epoch(0);
  int64_t number = 0;
  while (std::optional<features::FeatureBatch> batch = source.next()) {
    session::check(control);
    if (batch->images() > 0) {
      const at::Tensor logits = trained.forward(batch->features, {});
      metrics.add(
          {.loss = loss(logits, batch->target).value, .logits = logits, .target = batch->target});
    }
    if (done) done(number++);
  }
}

static Evaluation evaluate_all(Session& session, std::shared_ptr<const data::Dataset> dataset,
                               int64_t classes, const LossOptions& loss_options,
                               const EvaluateOptions& options, const Control* control) {
  const Loss loss(unweighted(loss_options), session.network->outputs(), session.network->device());
  const Target target = target_of(*dataset);
  Metrics metrics(every_metric(target), target, std::max(classes, session.network->outputs()),
                  session.network->device());
  const Session::Parts& parts = session.inference(options.compute, options.kernels);
  data::LoaderOptions loader = session::loader_options(session, options);
  loader.limit =
      std::make_shared<data::UnreadableLimit>(options.max_unreadable_share, dataset->size());
  features::FeatureSource source(session, parts.frozen, std::move(dataset), std::move(loader),
                                 options.compute);
  evaluate_pass(source, *parts.trained, loss, metrics, control);
  return {metrics.read(), metrics.confusion(), metrics.label_scores(options.thresholds),
          source.unreadable()};
}

Target target_of(const data::Dataset& dataset) {
  return dataset.multi_label ? Target::kManyLabels : Target::kOneClass;
}

Evaluation evaluate(Session& session, std::shared_ptr<const data::Dataset> dataset, int64_t classes,
                    const LossOptions& loss, const EvaluateOptions& options,
                    const Control* control) {
  const auto scope = session.backend->enter();
  return session::within_memory(session, options, session::Pass::kInference, [&] {
    return evaluate_all(session, dataset, classes, loss, options, control);
  });
}

}  // namespace thaw::train
