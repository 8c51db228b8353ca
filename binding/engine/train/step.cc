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

}  // namespace

Step::Step(const Session& session, std::shared_ptr<const model::Program> trained,
           const TrainingOptions& training, const FitOptions& options, int64_t classes)
    : trained_(std::move(trained)),
      training_(training),
      options_(options),
      loss_(training.loss, session.network->outputs(), session.network->device()),
      optimizer_(training.optimizer, make_groups(*session.network, training)),
      dropout_(session.backend->generator(options.seed)) {
  const int64_t outputs = session.network->outputs();
  const bool binary =
      outputs == 1 && classes == 2 && training.loss.kind == LossKind::kBinaryCrossentropy;
  if (outputs < classes && !binary) {
    fail("ERR_CLASS_COUNT", "The data has ", classes, " classes but the head has ", outputs,
         " outputs: call replaceHead() with dense(", classes, ").");
  }
  for (const model::Network::Named& named : session.network->named_tensors()) {
    if (!named.buffer && named.trainable) trainable_parameters_ += named.tensor->numel();
  }
  optimizer_.zero_gradients();
}

double Step::operator()(const at::Tensor& features, const at::Tensor& labels, int64_t step,
                        int64_t batches, bool last, Metrics& metrics) {
  const double factor = learning_rate_factor(training_.schedule, step, batches, options_.epochs);
  // A state of its own for each step: a resumed run draws what the uninterrupted one would have
  // drawn.
  dropout_.set_current_seed(mix(options_.seed, static_cast<uint64_t>(step)));
  const at::Tensor logits = trained_->forward(features, {.training = true, .generator = dropout_});
  const at::Tensor loss = loss_(logits, labels);
  if (options_.accumulation_steps > 1) {
    (loss / static_cast<double>(options_.accumulation_steps)).backward();
  } else {
    loss.backward();
  }
  metrics.add(loss, logits.detach(), labels);

  if (++pending_ == options_.accumulation_steps || last) {
    if (options_.clip_norm > 0) clip_gradients(optimizer_.gradients(), options_.clip_norm);
    optimizer_.step(factor);
    optimizer_.zero_gradients();
    pending_ = 0;
  }
  return training_.optimizer.learning_rate * factor;
}

}  // namespace thaw::train
