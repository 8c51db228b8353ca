// Losses, optimizers, schedules and metrics against their published formulas, in double precision.
#include <cmath>
#include <numbers>

#include "check.h"
#include "engine/train/loss.h"
#include "engine/train/metrics.h"
#include "engine/train/optimizer.h"
#include "engine/train/schedule.h"

using namespace thaw;
using namespace thaw::train;

namespace {

bool close(double a, double b, double tolerance) {
  return std::abs(a - b) <= tolerance * std::max(1.0, std::abs(b));
}

}  // namespace

TEST("one output needs the binary loss") {
  CHECK_THROWS(Loss({}, 1, at::kCPU), "ERR_INVALID_ARGUMENT");
}

TEST("categorical cross-entropy with smoothing and class weights, written out") {
  at::manual_seed(1);
  const at::Tensor logits = at::randn({5, 3}), labels = at::tensor({0, 2, 1, 1, 0}, at::kLong);
  const std::vector<double> weights = {1, 2, 0.5};
  const double smoothing = 0.1;
  double expected = 0;
  for (int64_t i = 0; i < 5; ++i) {
    double sum = 0;
    for (int64_t k = 0; k < 3; ++k) sum += std::exp(logits[i][k].item<double>());
    const int64_t label = labels[i].item<int64_t>();
    double loss = 0;
    for (int64_t k = 0; k < 3; ++k) {
      const double target = (k == label ? 1 - smoothing : 0) + smoothing / 3;
      loss -= target * (logits[i][k].item<double>() - std::log(sum));
    }
    expected += weights[label] * loss / 5;
  }
  const Loss loss({.label_smoothing = smoothing, .class_weights = weights}, 3, at::kCPU);
  const Loss::Sum sum = loss(logits, labels);
  CHECK(close(sum.value.item<double>() / sum.weight, expected, 1e-6));
  CHECK_EQUAL(sum.weight, 5.0);
}

TEST("shares of classes: whole ones are the classes themselves, others are mixed by their shares") {
  at::manual_seed(2);
  const at::Tensor logits = at::randn({4, 3}), labels = at::tensor({0, 2, 1, 1}, at::kLong),
                   others = at::tensor({1, 0, 1, 2}, at::kLong);
  const auto one_hot = [](const at::Tensor& classes) {
    return at::one_hot(classes, 3).to(at::kFloat);
  };
  for (const LossKind kind : {LossKind::kCategoricalCrossentropy, LossKind::kBinaryCrossentropy}) {
    // A loss is linear in its target, label smoothing included; so is the weight of a class, but
    // the product of the two is not.
    const Loss loss({.kind = kind, .label_smoothing = 0.2}, 3, at::kCPU);
    const double whole = loss(logits, labels).value.item<double>(),
                 other = loss(logits, others).value.item<double>();
    CHECK(close(loss(logits, one_hot(labels)).value.item<double>(), whole, 1e-6));
    const at::Tensor mixed = 0.3 * one_hot(labels) + 0.7 * one_hot(others);
    CHECK(close(loss(logits, mixed).value.item<double>(), 0.3 * whole + 0.7 * other, 1e-6));
    const Loss weighted({.kind = kind, .class_weights = {1, 2, 0.5}}, 3, at::kCPU);
    CHECK(close(weighted(logits, one_hot(labels)).value.item<double>(),
                weighted(logits, labels).value.item<double>(), 1e-6));
  }
  const Loss single({.kind = LossKind::kBinaryCrossentropy}, 1, at::kCPU);
  const at::Tensor one = at::randn({4, 1}), binary = at::tensor({0, 1, 1, 0}, at::kLong);
  CHECK(close(single(one, at::one_hot(binary, 2).to(at::kFloat)).value.item<double>(),
              single(one, binary).value.item<double>(), 1e-6));
}

TEST("binary cross-entropy with one output and with one a class, written out") {
  const at::Tensor one = at::tensor({0.3, -1.2}).unsqueeze(1),
                   labels = at::tensor({1, 0}, at::kLong);
  const auto softplus = [](double x) { return std::log1p(std::exp(x)); };
  const Loss binary({.kind = LossKind::kBinaryCrossentropy}, 1, at::kCPU);
  CHECK(close(binary(one, labels).value.item<double>(), softplus(-0.3) + softplus(-1.2), 1e-6));
  const at::Tensor two = at::tensor({0.3, -1.2, 0.7, 0.1}).view({2, 2});
  const Loss each({.kind = LossKind::kBinaryCrossentropy}, 2, at::kCPU);
  const double expected = (softplus(0.3) + softplus(1.2) + softplus(-0.7) + softplus(0.1)) / 2;
  CHECK(close(each(two, labels).value.item<double>(), expected, 1e-6));
}

TEST("Adam and AdamW follow Kingma and Ba, Loshchilov and Hutter") {
  for (const bool decoupled : {false, true}) {
    const OptimizerOptions options{.kind = decoupled ? OptimizerKind::kAdamW : OptimizerKind::kAdam,
                                   .learning_rate = 0.01,
                                   .weight_decay = 0.1};
    at::Tensor parameter = at::tensor({1.0f, -2.0f, 3.0f}).set_requires_grad(true);
    Optimizer optimizer(options,
                        {{{{"p", parameter}}, options.learning_rate, options.weight_decay}});
    double p = 3, m = 0, v = 0;
    for (int t = 1; t <= 10; ++t) {
      optimizer.zero_gradients();
      (parameter * parameter).sum().backward();
      optimizer.step(0.5);
      const double rate = 0.01 * 0.5;
      double gradient = 2 * p;
      if (decoupled) p -= rate * 0.1 * p;
      if (!decoupled) gradient += 0.1 * p;
      m = 0.9 * m + 0.1 * gradient;
      v = 0.999 * v + 0.001 * gradient * gradient;
      p -= rate * (m / (1 - std::pow(0.9, t))) / (std::sqrt(v / (1 - std::pow(0.999, t))) + 1e-7);
    }
    CHECK(close(parameter[2].item<double>(), p, 1e-5));
  }
}

TEST(
    "with epsilon hat, Adam adds it before the bias is corrected, as Kingma and Ba's and Keras' "
    "do") {
  // Large enough to matter.
  const OptimizerOptions options{.learning_rate = 0.01, .epsilon = 0.1, .epsilon_hat = true};
  at::Tensor parameter = at::tensor({1.0f, -2.0f, 3.0f}).set_requires_grad(true);
  auto optimizer = std::make_unique<Optimizer>(
      options, std::vector<ParameterGroup>{{{{"p", parameter}}, options.learning_rate, 0}});
  double p = 3, m = 0, v = 0;
  for (int t = 1; t <= 10; ++t) {
    if (t == 5) {
      // The count of steps is part of the state.
      const StateDict state = optimizer->state();
      optimizer = std::make_unique<Optimizer>(
          options, std::vector<ParameterGroup>{{{{"p", parameter}}, options.learning_rate, 0}});
      optimizer->load_state(state);
    }
    optimizer->zero_gradients();
    (parameter * parameter).sum().backward();
    optimizer->step(0.5);
    const double gradient = 2 * p;
    m = 0.9 * m + 0.1 * gradient;
    v = 0.999 * v + 0.001 * gradient * gradient;
    const double rate = 0.005 * std::sqrt(1 - std::pow(0.999, t)) / (1 - std::pow(0.9, t));
    p -= rate * m / (std::sqrt(v) + 0.1);
  }
  CHECK(close(parameter[2].item<double>(), p, 1e-5));
}

TEST("SGD with momentum, Nesterov and decay, written out") {
  for (const bool nesterov : {false, true}) {
    const OptimizerOptions options{
        .kind = OptimizerKind::kSgd, .momentum = 0.9, .nesterov = nesterov};
    at::Tensor parameter = at::tensor({3.0f}).set_requires_grad(true);
    Optimizer optimizer(options, {{{{"p", parameter}}, 0.01, 0.1}});
    double p = 3, buffer = 0;
    for (int t = 0; t < 10; ++t) {
      optimizer.zero_gradients();
      (parameter * parameter).sum().backward();
      optimizer.step(1);
      const double gradient = 2 * p + 0.1 * p;
      buffer = 0.9 * buffer + gradient;
      p -= 0.01 * (nesterov ? gradient + 0.9 * buffer : buffer);
    }
    CHECK(close(parameter[0].item<double>(), p, 1e-5));
  }
}

TEST("an optimizer restored from its state goes on as if nothing had happened") {
  const OptimizerOptions options{.learning_rate = 0.1};
  const auto run = [&](bool interrupted) {
    at::Tensor parameter = at::tensor({1.0f, 2.0f}).set_requires_grad(true);
    auto optimizer = std::make_unique<Optimizer>(
        options, std::vector<ParameterGroup>{{{{"p", parameter}}, options.learning_rate, 0}});
    for (int t = 0; t < 6; ++t) {
      if (interrupted && t == 3) {
        const StateDict state = optimizer->state();
        optimizer = std::make_unique<Optimizer>(
            options, std::vector<ParameterGroup>{{{{"p", parameter}}, options.learning_rate, 0}});
        optimizer->load_state(state);
      }
      optimizer->zero_gradients();
      parameter.pow(3).sum().backward();
      optimizer->step(1);
    }
    return parameter.detach();
  };
  CHECK(at::equal(run(false), run(true)));
  at::Tensor parameter = at::ones({1}).set_requires_grad(true);
  Optimizer optimizer(options, {{{{"p", parameter}}, 0.1, 0}});
  CHECK_THROWS(optimizer.load_state({}), "ERR_CHECKPOINT_MISMATCH");
}

TEST("clipping scales all gradients to the common norm, and leaves small ones") {
  std::vector<at::Tensor> gradients = {at::tensor({3.0f}), at::tensor({4.0f})};
  clip_gradients(gradients, 1);
  CHECK(close(gradients[0].item<double>(), 0.6, 1e-5) &&
        close(gradients[1].item<double>(), 0.8, 1e-5));
  clip_gradients(gradients, 10);
  CHECK(close(gradients[0].item<double>(), 0.6, 1e-5));
}

TEST("schedules: warm-up, cosine and steps") {
  const Schedule cosine{.kind = ScheduleKind::kCosine, .warmup_epochs = 1, .minimum = 0.1};
  CHECK_EQUAL(learning_rate_factor(cosine, 0, 10, 5), 0.1);
  CHECK_EQUAL(learning_rate_factor(cosine, 9, 10, 5), 1.0);
  CHECK_EQUAL(learning_rate_factor(cosine, 10, 10, 5), 1.0);
  const double half = 0.1 + 0.9 * 0.5 * (1 + std::cos(std::numbers::pi * 20 / 40));
  CHECK(close(learning_rate_factor(cosine, 30, 10, 5), half, 1e-12));
  // A length of its own holds whatever the run's.
  const Schedule fixed{.kind = ScheduleKind::kCosine, .epochs = 5};
  CHECK(close(learning_rate_factor(fixed, 30, 10, 1),
              learning_rate_factor({.kind = ScheduleKind::kCosine}, 30, 10, 5), 1e-12));
  CHECK(!depends_on_epochs(fixed) && depends_on_epochs({.kind = ScheduleKind::kCosine}));
  const Schedule steps{.kind = ScheduleKind::kStep, .every_epochs = 2, .gamma = 0.1};
  CHECK_EQUAL(learning_rate_factor(steps, 19, 10, 9), 1.0);
  CHECK(close(learning_rate_factor(steps, 20, 10, 9), 0.1, 1e-12));
  CHECK(close(learning_rate_factor(steps, 40, 10, 9), 0.01, 1e-12));
}

TEST("metrics: means over the images, with confusion matrix and top five") {
  CHECK_THROWS(chosen_metrics({"f1"}, Target::kOneClass), "ERR_INVALID_ARGUMENT");
  CHECK_EQUAL(chosen_metrics({}, Target::kOneClass).size(), 2u);
  CHECK_EQUAL(chosen_metrics({"top5", "accuracy"}, Target::kOneClass).size(), 3u);
  Metrics metrics(every_metric(Target::kOneClass), Target::kOneClass, 8, at::kCPU);
  const at::Tensor logits = at::eye(8).slice(0, 0, 3);  // predicts 0, 1, 2; then ties
  metrics.add({at::scalar_tensor(9.0f), logits, at::tensor({0, 2, 2}, at::kLong)});
  // The class with the largest share is the one to be found.
  at::Tensor shares = at::zeros({1, 8});
  shares[0][7] = 0.6f;
  shares[0][1] = 0.4f;
  metrics.add({at::scalar_tensor(7.0f), at::eye(8).slice(0, 7), shares});
  const Metrics::Values values = metrics.read();
  CHECK_EQUAL(values.images, 4);
  CHECK(close(values["loss"], 4.0, 1e-12));
  CHECK(close(values["accuracy"], 0.75, 1e-12));
  CHECK(values["top5"] >= values["accuracy"]);
  const std::vector<int64_t> confusion = metrics.confusion();
  CHECK_EQUAL(confusion[2 * 8 + 1], 1);
  CHECK_EQUAL(confusion[7 * 8 + 7], 1);
  Metrics restored(every_metric(Target::kOneClass), Target::kOneClass, 0, at::kCPU);
  restored.restore(metrics.sums());
  CHECK(close(restored.read()["loss"], 4.0, 1e-12));
  Metrics fewer(chosen_metrics({}, Target::kOneClass), Target::kOneClass, 0, at::kCPU);
  CHECK_THROWS(fewer.restore(metrics.sums()), "ERR_CHECKPOINT_MISMATCH");
}

TEST("many labels: shares of right ones, counts by threshold, and average precision written out") {
  CHECK_THROWS(chosen_metrics({"top5"}, Target::kManyLabels), "ERR_INVALID_ARGUMENT");
  Metrics metrics(every_metric(Target::kManyLabels), Target::kManyLabels, 2, at::kCPU);
  const at::Tensor logits = at::tensor({3.f, -1.f, 2.f, -2.f, 2.f, 1.f, -1.f, 4.f}).view({4, 2}),
                   has = at::tensor({1.f, 0.f, 0.f, 1.f, 1.f, 0.f, 1.f, 0.f}).view({4, 2});
  metrics.add({at::scalar_tensor(1.f), logits.slice(0, 0, 3), has.slice(0, 0, 3)});
  metrics.add({at::scalar_tensor(1.f), logits.slice(0, 3), has.slice(0, 3)});
  CHECK(close(metrics.read()["accuracy"], 3.0 / 8, 1e-12));
  CHECK(metrics.confusion().empty());
  const std::vector<LabelScores> scores = metrics.label_scores({});
  CHECK_EQUAL(scores.size(), 2u);
  CHECK_EQUAL(scores[0].true_positives, 2);
  CHECK_EQUAL(scores[0].false_positives, 1);
  CHECK_EQUAL(scores[0].false_negatives, 1);
  // In the order of the logits: 3 (has it), 2 and 2 at once (one of them has it), -1 (has it).
  CHECK(close(scores[0].average_precision, (1.0 + 2.0 / 3 + 3.0 / 4) / 3, 1e-12));
  CHECK(close(scores[1].average_precision, 0.25, 1e-12));
  // sigmoid(2) = 0.88
  CHECK_EQUAL(metrics.label_scores({0.9, 0.5})[0].false_positives, 0);
}

TEST(
    "binary cross-entropy of many labels, each with the weight of its class, and images with "
    "theirs") {
  at::manual_seed(4);
  const at::Tensor logits = at::randn({3, 2}),
                   has = at::tensor({1.f, 1.f, 0.f, 1.f, 0.f, 0.f}).view({3, 2});
  const std::vector<double> classes = {2, 0.5}, images = {1, 0, 3};
  double expected = 0;
  for (int64_t i = 0; i < 3; ++i) {
    for (int64_t k = 0; k < 2; ++k) {
      const double p = 1 / (1 + std::exp(-logits[i][k].item<double>()));
      expected -= images[i] * classes[k] * std::log(has[i][k].item<double>() > 0 ? p : 1 - p) / 2;
    }
  }
  const LossOptions options{.kind = LossKind::kBinaryCrossentropy, .class_weights = classes};
  const Loss::Sum sum = Loss(options, 2, at::kCPU, Target::kManyLabels)(
      logits, has, at::tensor(images).to(at::kFloat));
  CHECK(close(sum.value.item<double>(), expected, 1e-6));
  CHECK_EQUAL(sum.weight, 3.0);
  CHECK(unweighted(options).class_weights.empty());
}

TEST_MAIN()
