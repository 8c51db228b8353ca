// Numbers that go bad in training, and what is frozen.
#include <filesystem>
#include <limits>

#include "check.h"
#include "drawn.h"
#include "engine/train/finite_guard.h"
#include "engine/train/fit.h"

using namespace thaw;
using namespace thaw::train;
using model::HeadKind, model::HeadLayer;

namespace {

constexpr int64_t kSide = 32, kClasses = 2, kImages = 8;
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
const drawn::Folder folder;

std::shared_ptr<data::Dataset> images(std::optional<int64_t> bad = {}, int64_t count = kImages) {
  auto dataset = std::make_shared<data::Dataset>();
  dataset->pixels = at::arange(count * kSide * kSide * 3, at::kFloat)
                        .mul(0.7)
                        .sin()
                        .view({count, kSide, kSide, 3});
  // Not in the pixels: a ReLU of NaN may be 0.
  dataset->shares = at::one_hot(at::arange(count).remainder(kClasses), kClasses).to(at::kFloat);
  if (bad) dataset->shares[*bad].fill_(kNaN);
  return dataset;
}

Session make_session(const std::string& trained = "-") {
  Session session;
  session.backend = device::make_backend("cpu");
  session.preprocessing = {.height = kSide, .width = kSide, .resize = kSide};
  const std::vector<HeadLayer> head = {
      {.kind = HeadKind::kGlobalAveragePooling, .name = "pool"},
      {.kind = HeadKind::kBatchNormalization, .name = "norm"},
      {.kind = HeadKind::kDense, .name = "dense", .units = kClasses}};
  session.network = std::make_shared<model::Network>(
      model::find_architecture("resnet18"), model::InputShape{kSide, kSide}, head, /*seed=*/1);
  for (size_t i = 0; i < session.network->layers().size(); ++i) {
    const model::Layer& layer = session.network->layers()[i];
    session.network->set_trainable(i, layer.head || layer.torch_name.starts_with(trained));
  }
  return session;
}

FitOptions two_a_batch() {
  FitOptions options;
  options.batch_size = 2;
  options.shuffle = false;
  options.epochs = 2;
  return options;
}

bool same(const StateDict& a, const StateDict& b) {
  bool equal = a.size() == b.size();
  for (size_t i = 0; equal && i < a.size(); ++i) equal = a[i].second.equal(b[i].second);
  return equal;
}

bool finite(const Session& session) {
  bool all = true;
  for (const auto& [name, tensor] : session.network->state())
    all = all && at::isfinite(tensor).all().item<bool>();
  return all;
}

struct Outcome {
  std::string message;
  std::optional<History> history;
};

Outcome outcome_of(Session& session, const FitOptions& options, std::shared_ptr<data::Dataset> data,
                   std::shared_ptr<data::Dataset> validation = nullptr,
                   TrainingOptions training = {}, const FitEvents& events = {}) {
  try {
    return {
        .message = "",
        .history = fit(session, data, validation, kClasses, training, options, events, nullptr)};
  } catch (const Error& error) {
    return {.message = error.code() + ": " + error.what(), .history = {}};
  }
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST("the last step of a run diverges: its images are named, the weights are those before it") {
  for (const char* trained : {"-", "layer4.1", ""}) {
    FitOptions options = two_a_batch();
    options.epochs = 1;
    Session before = make_session(trained);
    outcome_of(before, options, images({}, kImages - 2));
    Session session = make_session(trained);
    const std::string message = outcome_of(session, options, images(7)).message;
    CHECK(has(message, "ERR_LOSS_NOT_FINITE"));
    CHECK(has(message, "epoch 1, batch 4 (image 6, image 7)"));
    CHECK(finite(session));
    CHECK(same(session.network->state(), before.network->state()));
  }
}

TEST("within a group of batches the run stands where the group began") {
  FitOptions options = two_a_batch();
  options.epochs = 1;
  options.accumulation_steps = 2;
  Session before = make_session("layer4.1");
  outcome_of(before, options, images({}, 4));
  Session session = make_session("layer4.1");
  CHECK(has(outcome_of(session, options, images(7)).message, "batch 4"));
  CHECK(same(session.network->state(), before.network->state()));
}

TEST("a step that is skipped leaves no trace but its note") {
  FitOptions options = two_a_batch();
  options.non_finite = NonFinite::kSkip;
  options.epochs = 1;
  Session before = make_session("layer4.1");
  outcome_of(before, options, images({}, kImages - 2));
  Session session = make_session("layer4.1");
  const Outcome outcome = outcome_of(session, options, images(7));
  CHECK(outcome.history.has_value());
  CHECK_EQUAL(outcome.history->skipped_steps, 1);
  CHECK(has(outcome.history->notes.at(0), "image 7"));
  CHECK_EQUAL(outcome.history->epochs[0].training.images, kImages - 2);
  CHECK(same(session.network->state(), before.network->state()));
}

TEST("a run whose every step is bad does not go on for ever") {
  FitOptions options = two_a_batch();
  options.non_finite = NonFinite::kSkip;
  options.epochs = 100;
  auto data = images();
  data->shares.fill_(kNaN);
  Session session = make_session();
  CHECK(has(outcome_of(session, options, data).message, "ERR_LOSS_NOT_FINITE"));
}

TEST("a learning rate that is far too large ends the run, and another one goes on with it") {
  TrainingOptions training;
  training.optimizer = {.kind = OptimizerKind::kSgd, .learning_rate = 1e9};
  FitOptions options = two_a_batch();
  options.checkpoint = {.directory = folder.file("large")};
  Session session = make_session("layer4.1");
  const std::string message = outcome_of(session, options, images(), nullptr, training).message;
  CHECK(has(message, "ERR_LOSS_NOT_FINITE"));
  CHECK(has(message, "another learning rate"));
  CHECK(finite(session));
  training.optimizer.learning_rate = 1e-3;
  options.checkpoint = {
      .directory = folder.file("large"), .resume = true, .changes = {"learningRate"}};
  Session again = make_session("layer4.1");
  // Its first steps have moved the weights too far already.
  outcome_of(again, options, images(), nullptr, training);
  CHECK(finite(again));
}

TEST("weights that validation finds to be lost are taken back") {
  FitOptions options = two_a_batch();
  options.checkpoint = {.directory = folder.file("validation")};
  Session before = make_session("layer4.1");
  Session session = make_session("layer4.1");
  const Outcome outcome = outcome_of(session, options, images(), images(3));
  CHECK(has(outcome.message, "ERR_LOSS_NOT_FINITE: The validation loss"));
  CHECK(same(session.network->state(), before.network->state()));
}

TEST("a bad gradient is no step, be the loss as it may") {
  FiniteGuard guard(/*at_once=*/true, at::kCPU, {});
  const at::Tensor good = at::ones({3}), bad = at::tensor({1.f, kNaN});
  CHECK(guard.admits_loss(at::scalar_tensor(2.f), 1, 0));
  CHECK(guard.admits_gradients({good, good}, 0.1));
  CHECK(!guard.found().has_value());
  CHECK(!guard.admits_gradients({good, bad}, 0.1));
  CHECK(guard.found().has_value() && !guard.found().has_value());
  CHECK(!guard.admits_gradients({good * 1e20}, 0.1));
  CHECK(!guard.admits_gradients({good * 1e15}, 1e20));
  CHECK(!guard.admits_loss(at::scalar_tensor(3e6f), 2, 1));
  CHECK(guard.admits_loss(at::scalar_tensor(3e6f), 4, 1));
  CHECK(!guard.admits_loss(at::scalar_tensor(std::numeric_limits<float>::infinity()), 1, 1));
}

// As on a device that is not waited for.
TEST("from the first bad step on none is taken, though nobody has looked yet") {
  for (const OptimizerKind kind :
       {OptimizerKind::kAdam, OptimizerKind::kAdamW, OptimizerKind::kSgd}) {
    at::Tensor weight = at::ones({4}).requires_grad_();
    at::Tensor statistic = at::zeros({2});
    Optimizer optimizer({.kind = kind, .momentum = 0.9},
                        {{.parameters = {{"w", weight}}, .learning_rate = 0.1, .weight_decay = 0}});
    FiniteGuard guard(/*at_once=*/false, at::kCPU, {statistic});
    const auto step = [&](int64_t batch, float loss, float gradient) {
      const at::NoGradGuard no_grad;
      statistic.fill_(loss);
      weight.mutable_grad() = at::full({4}, gradient);
      CHECK(guard.admits_loss(at::scalar_tensor(loss), 1, batch));
      CHECK(guard.admits_gradients(optimizer.gradients(), 0.1));
      optimizer.step(1, guard.skip());
    };
    step(0, 1, 1);
    CHECK(!guard.found().has_value());
    const at::Tensor after_first = weight.detach().clone();
    CHECK(!after_first.equal(at::ones({4})));
    step(1, 2, kNaN);
    step(2, 3, 1);
    step(3, kNaN, 1);
    CHECK(weight.equal(after_first));
    for (const auto& [name, tensor] : optimizer.state()) {
      CHECK(at::isfinite(tensor).all().item<bool>());
      if (name == "w.steps") CHECK_EQUAL(tensor.item<float>(), 1);
    }
    const std::optional<FiniteGuard::Bad> bad = guard.found();
    CHECK(bad.has_value() && bad->batch == 1);
    CHECK_EQUAL(statistic[0].item<float>(), 1);
  }
}

TEST("what is frozen is proved to be what it was") {
  Session session = make_session();
  const Outcome outcome = outcome_of(session, two_a_batch(), images());
  CHECK(outcome.history.has_value());
  CHECK_EQUAL(outcome.history->frozen.checks, 1);
  CHECK(outcome.history->frozen.tensors > 100);
  FitOptions options = two_a_batch();
  options.checkpoint = {.directory = folder.file("frozen")};
  Session same_frozen = make_session();
  const Outcome saved = outcome_of(same_frozen, options, images());
  CHECK(saved.history->frozen.checks >= 2);
  CHECK_EQUAL(saved.history->frozen.digest, outcome.history->frozen.digest);
}

TEST("a frozen tensor that changes fails the run") {
  for (const bool saved : {true, false}) {
    Session session = make_session();
    FitOptions options = two_a_batch();
    if (saved) options.checkpoint = {.directory = folder.file("drift")};
    FitEvents events;
    events.epoch = [&](int64_t, const EpochRecord&, bool) {
      const at::NoGradGuard no_grad;
      for (const auto& named : session.network->named_tensors()) {
        if (named.name == "layer2.0.bn1.running_var") named.tensor->select(0, 3).add_(1e-3);
      }
    };
    const std::string message = outcome_of(session, options, images(), nullptr, {}, events).message;
    CHECK(has(message, "ERR_FROZEN_CHANGED"));
    CHECK(has(message, "layer2.0.bn1.running_var"));
  }
}

TEST_MAIN()
