#include "engine/train/graphed_step.h"

namespace thaw::train {

GraphedStep::GraphedStep(const device::Backend& backend,
                         std::shared_ptr<const model::TrainedPart> trained, const Loss& loss,
                         Optimizer& optimizer, int64_t batch_size)
    : trained_(std::move(trained)),
      loss_(loss),
      optimizer_(optimizer),
      batch_size_(batch_size),
      dropout_(backend.generator(0)),
      graph_(backend.make_graph(dropout_)) {}

bool GraphedStep::operator()(const at::Tensor& features, const at::Tensor& labels,
                             uint64_t dropout_seed, double factor, Metrics& metrics) {
  if (labels.size(0) != batch_size_ || !graph_->records()) return false;
  if (!features_.defined()) {
    features_ = at::empty_like(features);
    labels_ = at::empty_like(labels);
  }
  features_.copy_(features);
  labels_.copy_(labels);
  dropout_.set_current_seed(dropout_seed);
  optimizer_.set_rates(factor);
  graph_->run([this] { once(); });
  metrics.add(sums_, batch_size_);
  return true;
}

void GraphedStep::once() {
  optimizer_.zero_gradients();  // a recording that failed has left some
  const at::Tensor logits = trained_->forward(features_, {.training = true, .generator = dropout_});
  const at::Tensor loss = loss_(logits, labels_);
  loss.backward();
  sums_ = Metrics::batch_sums(loss, logits.detach(), labels_);
  optimizer_.update();
  optimizer_.zero_gradients();
}

}  // namespace thaw::train
