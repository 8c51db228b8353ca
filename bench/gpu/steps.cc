// The engine's steps on batches that are on the device already, and nothing else.
//
// bench_steps TASK DEVICE PRECISION BATCH SIDE SECONDS: ResNet-50 with random weights and ten
// classes on images of SIDE x SIDE pixels. Prints one JSON object.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "engine/error.h"
#include "engine/train/step.h"

namespace {

using namespace thaw;

// More than one, so that no batch is in the device's cache when its turn comes.
constexpr int kBatches = 4;
constexpr int64_t kClasses = 10;
constexpr int64_t kFeaturesAtATime = 256;

struct Task {
  std::string trained;    // modules whose names begin so are trained; empty: nothing but the head
  bool live_norm = true;  // BatchNorms among them are trained as well
  bool cached = false;    // features of the frozen part are there already
};

const std::map<std::string, Task> kTasks = {
    {"everything", {.trained = "*"}},
    {"everything-frozen-norm", {.trained = "*", .live_norm = false}},
    {"layer4", {.trained = "layer4"}},
    {"layer4-cached", {.trained = "layer4", .cached = true}},
    {"head-cached", {.trained = "", .cached = true}},
};

void set_trainable(model::Network& network, const Task& task) {
  for (size_t i = 0; i < network.layers().size(); ++i) {
    const model::Layer& layer = network.layers()[i];
    const bool inside = task.trained == "*" ||
                        (!task.trained.empty() && layer.torch_name.starts_with(task.trained));
    const bool norm = layer.type == "BatchNormalization";
    network.set_trainable(i, layer.head || (inside && (task.live_norm || !norm)));
  }
}

struct Bench {
  train::Session session;
  at::ScalarType compute;
  int64_t batch, side;

  at::Tensor draw(int64_t count) const {
    return at::randn({count, 3, side, side}, at::TensorOptions().device(session.backend->device()))
        .to(compute)
        .contiguous(at::MemoryFormat::ChannelsLast);
  }

  std::vector<at::Tensor> images() const {
    std::vector<at::Tensor> all;
    for (int i = 0; i < kBatches; ++i) all.push_back(draw(batch));
    return all;
  }

  // Some images at a time: the maps of thousands would have more numbers than an int32 counts.
  std::vector<at::Tensor> features(const model::FrozenPart& frozen) const {
    std::vector<at::Tensor> all;
    for (int i = 0; i < kBatches; ++i) {
      std::vector<at::Tensor> some;
      for (int64_t done = 0; done < batch; done += kFeaturesAtATime)
        some.push_back(frozen.forward(draw(std::min(kFeaturesAtATime, batch - done))));
      all.push_back(at::cat(some));
    }
    return all;
  }

  // Images a second of `step`, called with 0, 1, 2, ...
  double rate(const std::function<void(int64_t)>& step, double seconds) const {
    using Clock = std::chrono::steady_clock;
    const auto elapsed = [](Clock::time_point start) {
      return std::chrono::duration<double>(Clock::now() - start).count();
    };
    int64_t done = 0;
    const auto run = [&](int64_t count) {
      const Clock::time_point start = Clock::now();
      for (int64_t i = 0; i < count; ++i) step(done++);
      session.backend->synchronize();
      return elapsed(start);
    };
    run(8);  // kernels are chosen, a recording is made
    const double once = run(2) / 2;
    const auto count = static_cast<int64_t>(seconds / once) + 1;
    return static_cast<double>(count * batch) / run(count);
  }

  double forward(double seconds) {
    at::NoGradGuard no_grad;
    const train::Session::Parts parts = session.split(session.network->head_unit(), compute);
    const std::vector<at::Tensor> all = images();
    at::Tensor logits;
    const double result = rate(
        [&](int64_t i) {
          logits = parts.trained->forward(parts.frozen->forward(all[i % kBatches]), {});
        },
        seconds);
    if (!logits.isfinite().all().item<bool>()) fail("ERR_BENCH", "The logits are not finite.");
    return result;
  }

  double train(const Task& task, double seconds) {
    set_trainable(*session.network, task);
    train::TrainingOptions training;
    training.optimizer.learning_rate = 1e-5;
    train::FitOptions options;
    options.batch_size = batch;
    options.compute = compute;
    const train::Session::Parts parts =
        session.split(session.network->first_trained_unit(), compute);
    train::Step step(session, parts.trained, training, options, kClasses);
    train::Metrics metrics(kClasses, false, session.backend->device());
    const std::vector<at::Tensor> inputs = task.cached ? features(*parts.frozen) : images();
    const at::Tensor labels = at::randint(kClasses, {batch}, at::TensorOptions().dtype(at::kLong))
                                  .to(session.backend->device());
    const double result = rate(
        [&](int64_t i) {
          const at::Tensor& input = inputs[i % kBatches];
          step(task.cached ? input : parts.frozen->forward(input), labels, i, /*batches=*/1 << 30,
               /*last=*/false, metrics);
        },
        seconds);
    if (!std::isfinite(metrics.read().loss)) fail("ERR_BENCH", "The loss is not finite.");
    return result;
  }
};

double measure(const std::string& task, Bench& bench, double seconds) {
  if (task == "forward") return bench.forward(seconds);
  const auto found = kTasks.find(task);
  if (found == kTasks.end()) fail("ERR_INVALID_ARGUMENT", "There is no task '", task, "'.");
  return bench.train(found->second, seconds);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::cerr << "usage: bench_steps TASK DEVICE PRECISION BATCH SIDE SECONDS\n";
    return 2;
  }
  try {
    const std::string precision = argv[3];
    Bench bench{.session = {},
                .compute = precision == "float32" ? at::kFloat : at::kBFloat16,
                .batch = std::atoll(argv[4]),
                .side = std::atoll(argv[5])};
    bench.session.backend = device::make_backend(argv[2]);
    const auto scope = bench.session.backend->enter();
    const std::vector<model::HeadLayer> head = {
        {.kind = model::HeadKind::kGlobalAveragePooling, .name = "avg_pool"},
        {.kind = model::HeadKind::kDense, .name = "fc", .units = kClasses}};
    bench.session.network = std::make_shared<model::Network>(
        model::find_architecture("resnet50"), model::InputShape{bench.side, bench.side}, head, 1);
    bench.session.network->to(bench.session.backend->device());
    const double rate = measure(argv[1], bench, std::atof(argv[6]));
    const auto use = bench.session.backend->memory_use();
    std::printf("{\"imagesPerSecond\": %.1f, \"peakBytes\": %lld}\n", rate,
                static_cast<long long>(use ? use->peak : 0));
    return 0;
  } catch (const Error& error) {
    std::cerr << error.what() << "\n";
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
  }
  return 1;
}
