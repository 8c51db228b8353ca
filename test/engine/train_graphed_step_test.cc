// The recorded training step against the ordinary one: the same weights, moments and metrics.
#include <ATen/CPUGeneratorImpl.h>

#include "check.h"
#include "engine/train/step.h"
#include "gpu.h"
#include "recording_backend.h"

using namespace thaw;
using namespace thaw::train;

namespace {

constexpr int64_t kBatch = 6, kBatches = 9, kClasses = 7;

struct Outcome {
  StateDict model, optimizer;
  Metrics::Values metrics;
};

// Trains on the same features, the last batch a smaller one, with a rate that changes every step.
Outcome run(std::shared_ptr<const device::Backend> backend, OptimizerKind optimizer,
            at::ScalarType compute, int64_t batch_size) {
  const auto scope = backend->enter();
  Session session;
  session.backend = backend;
  const std::vector<model::HeadLayer> head = {
      {.kind = model::HeadKind::kFlatten, .name = "flatten"},
      {.kind = model::HeadKind::kDropout, .name = "dropout", .rate = 0.5},
      {.kind = model::HeadKind::kDense, .name = "dense", .units = kClasses}};
  session.network = std::make_shared<model::Network>(model::find_architecture("resnet18"),
                                                     model::InputShape{64, 64}, head, 1);
  for (size_t i = 0; i < session.network->layers().size(); ++i) {
    const std::string& name = session.network->layers()[i].torch_name;
    session.network->set_trainable(i, name.starts_with("layer4") || name.starts_with("dense") ||
                                          session.network->layers()[i].head);
  }
  session.network->to(backend->device());
  TrainingOptions training;
  training.optimizer = {.kind = optimizer, .learning_rate = 0.01, .momentum = 0.9};
  training.schedule = {.kind = ScheduleKind::kCosine};
  FitOptions options;
  options.batch_size = batch_size;
  options.seed = 3;
  options.compute = compute;
  const Session::Parts parts = session.split(session.network->first_trained_unit(), compute);
  Step step(session, parts.trained, training, options, kClasses);
  Metrics metrics(kClasses, false, backend->device());
  at::Generator random = at::detail::createCPUGenerator(5);
  for (int64_t i = 0; i < kBatches; ++i) {
    const int64_t n = i + 1 < kBatches ? kBatch : kBatch / 2;
    const at::Tensor images = at::randn({n, 3, 64, 64}, random)
                                  .to(backend->device(), compute)
                                  .contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor labels = at::randint(kClasses, {n}, random, at::kLong).to(backend->device());
    step(parts.frozen->forward(images), labels, i, kBatches, i + 1 == kBatches, metrics);
  }
  return {session.network->state(), step.optimizer().state(), metrics.read()};
}

void check_equal(const Outcome& actual, const Outcome& expected) {
  CHECK_EQUAL(actual.metrics.images, expected.metrics.images);
  CHECK_EQUAL(actual.metrics.loss, expected.metrics.loss);
  CHECK_EQUAL(actual.metrics.accuracy, expected.metrics.accuracy);
  CHECK_EQUAL(actual.metrics.top5, expected.metrics.top5);
  const auto equal = [](const StateDict& a, const StateDict& b) {
    if (a.size() != b.size()) return false;
    for (size_t i = 0; i < a.size(); ++i) {
      if (a[i].first != b[i].first || !at::equal(a[i].second, b[i].second)) return false;
    }
    return true;
  };
  CHECK(equal(actual.model, expected.model));
  CHECK(equal(actual.optimizer, expected.optimizer));
}

constexpr OptimizerKind kOptimizers[] = {OptimizerKind::kAdam, OptimizerKind::kAdamW,
                                         OptimizerKind::kSgd};

}  // namespace

TEST("a step from tensors that stay is the ordinary step, bit for bit") {
  for (const OptimizerKind optimizer : kOptimizers) {
    const auto recording = std::make_shared<check::RecordingBackend>();
    check_equal(run(recording, optimizer, at::kFloat, kBatch),
                run(device::make_backend("cpu"), optimizer, at::kFloat, kBatch));
    CHECK_EQUAL(recording->runs,
                2 * kBatches - 1);  // every frozen part, and each full batch's step
  }
}

TEST("batches of another size than the run's are not recorded") {
  const auto recording = std::make_shared<check::RecordingBackend>();
  const Outcome other = run(recording, OptimizerKind::kAdam, at::kFloat, kBatch + 1);
  check_equal(other, run(device::make_backend("cpu"), OptimizerKind::kAdam, at::kFloat, kBatch));
  CHECK_EQUAL(recording->runs, kBatches);  // the frozen part's
}

TEST("on a GPU a replayed step is the ordinary step, bit for bit, dropout included") {
  const auto backend = check::gpu();
  if (!backend) return;
  for (const at::ScalarType compute : {at::kFloat, at::kBFloat16}) {
    for (const OptimizerKind optimizer : kOptimizers) {
      // Another batch size than the batches': nothing is recorded.
      check_equal(run(backend, optimizer, compute, kBatch),
                  run(backend, optimizer, compute, kBatch + 1));
    }
  }
}

TEST_MAIN()
