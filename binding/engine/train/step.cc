#include "engine/train/step.h"

#include <algorithm>

#include "engine/error.h"

namespace thaw::train {
namespace {

std::string module_of(const std::string& parameter) {
  return parameter.substr(0, parameter.rfind('.'));
}

// The parameters without an override first, then a group for each override; a later override wins.
std::vector<ParameterGroup> make_groups(model::Network& network, const TrainingOptions& training) {
  const OptimizerOptions& base = training.optimizer;
  std::vector<ParameterGroup> groups = {{{}, base.learning_rate, base.weight_decay}};
  for (const GroupOverride& given : training.groups) {
    groups.push_back({{},
                      given.learning_rate.value_or(base.learning_rate),
                      given.weight_decay.value_or(base.weight_decay)});
  }
  bool any = false;
  for (const model::Network::Named& named : network.named_tensors()) {
    if (named.buffer || !named.trainable) continue;
    size_t group = 0;
    for (size_t i = 0; i < training.groups.size(); ++i) {
      const auto& modules = training.groups[i].modules;
      if (std::find(modules.begin(), modules.end(), module_of(named.name)) != modules.end())
        group = i + 1;
    }
    groups[group].parameters.emplace_back(named.name, *named.tensor);
    any = true;
  }
  if (!any) {
    fail("ERR_NOTHING_TO_TRAIN",
         "No layer is trainable: unfreeze() some layers or replaceHead() before fit().");
  }
  return groups;
}

// Mixes a seed and a counter into an independent seed (SplitMix64's finaliser; Steele et al. 2014).
uint64_t mix(uint64_t seed, uint64_t counter) {
  uint64_t z = seed + 0x9e3779b97f4a7c15ULL * (counter + 1);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

// Running statistics that training moves: of the layers that are trained.
std::vector<at::Tensor> live_statistics(model::Network& network) {
  std::vector<at::Tensor> statistics;
  for (const model::Network::Named& named : network.named_tensors()) {
    if (named.buffer && named.trainable) statistics.push_back(*named.tensor);
  }
  return statistics;
}

}  // namespace

Step::Step(const Session& session, std::shared_ptr<const model::Program> trained,
           const TrainingOptions& training, const FitOptions& options, int64_t classes,
           Target target)
    : trained_(std::move(trained)),
      options_(options),
      loss_(training.loss, session.network->outputs(), session.network->device(), target),
      optimizer_(training.optimizer, make_groups(*session.network, training)),
      guard_(session.network->device().is_cpu() || options.non_finite == NonFinite::kSkip,
             session.network->device(), live_statistics(*session.network)),
      dropout_(session.backend->generator(options.seed)) {
  const int64_t outputs = session.network->outputs();
  const bool binary =
      outputs == 1 && classes == 2 && training.loss.kind == LossKind::kBinaryCrossentropy;
  if (target == Target::kManyLabels) {
    if (training.loss.kind != LossKind::kBinaryCrossentropy)
      fail("ERR_INVALID_ARGUMENT",
           "Images with several labels are trained with the loss 'binaryCrossentropy'.");
    if (session.network->final_activation() != model::Activation::kSigmoid)
      fail("ERR_INVALID_ARGUMENT", "Images with several labels need a head that ends with dense(",
           classes, ", { activation: 'sigmoid' }).");
  }
  if (target == Target::kManyLabels ? outputs != classes : outputs < classes && !binary) {
    fail("ERR_CLASS_COUNT", "The data has ", classes, " classes but the head has ", outputs,
         " outputs: call replaceHead() with dense(", classes, ").");
  }
  for (const model::Network::Named& named : session.network->named_tensors()) {
    if (!named.buffer && named.trainable) trainable_parameters_ += named.tensor->numel();
  }
  optimizer_.zero_gradients();
}

void Step::operator()(const at::Tensor& features, const at::Tensor& target,
                      const at::Tensor& weights, int64_t batch, double factor, Metrics& metrics) {
  // A state of its own for each batch: a resumed run draws what the uninterrupted one would have
  // drawn.
  dropout_.set_current_seed(mix(options_.seed, static_cast<uint64_t>(batch)));
  if (batches_ == 0) group_start_ = {.batch = batch, .measured = metrics.mark()};
  const at::Tensor logits = trained_->forward(features, {.training = true, .generator = dropout_});
  const Loss::Sum loss = loss_(logits, target, weights);
  if (!guard_.admits_loss(loss.value, loss.weight, batch)) {
    if (options_.non_finite == NonFinite::kStop) drop_group(metrics);
    return;
  }
  if (options_.accumulation_steps == 1) {
    // Known beforehand: dividing the loss spares a pass over the gradients.
    (loss.value / loss.weight).backward();
  } else {
    loss.value.backward();
    weight_ += loss.weight;
  }
  metrics.add({.loss = loss.value, .logits = logits, .target = target});
  factor_ = factor;
  if (++batches_ == options_.accumulation_steps) finish(metrics);
}

void Step::finish(Metrics& metrics) {
  if (batches_ == 0) return;
  const std::vector<at::Tensor> gradients = optimizer_.gradients();
  if (weight_ > 0) {
    const at::NoGradGuard no_grad;
    at::_foreach_div_(gradients, weight_);
  }
  if (guard_.admits_gradients(gradients, factor_ * optimizer_.learning_rate())) {
    if (options_.clip_norm > 0) clip_gradients(gradients, options_.clip_norm);
    optimizer_.step(factor_, guard_.skip());
    clear_group();
  } else {
    drop_group(metrics);
  }
}

void Step::drop_group(Metrics& metrics) {
  metrics.back_to(group_start_.measured);
  clear_group();
}

void Step::clear_group() {
  optimizer_.zero_gradients();
  batches_ = 0;
  weight_ = 0;
}

Step::Group Step::group() const {
  Group group{.batches = batches_, .weight = weight_, .gradients = {}};
  if (batches_ == 0) return group;
  for (const auto& [name, gradient] : optimizer_.named_gradients())
    group.gradients.emplace_back(name, host_copy(gradient));
  return group;
}

void Step::restore(const Group& group) {
  batches_ = group.batches;
  weight_ = group.weight;
  optimizer_.zero_gradients();
  optimizer_.set_gradients(group.gradients);
}

}  // namespace thaw::train
