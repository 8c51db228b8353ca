// A whole run on a GPU: it repeats, goes on from the middle and follows the CPU.
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "check.h"
#include "engine/train/fit.h"
#include "gpu.h"

using namespace thaw;
using namespace thaw::train;
using namespace thaw::features;
using namespace thaw::session;
using model::HeadKind;

namespace {

constexpr int64_t kSide = 64, kClasses = 3, kBatch = 8, kImages = 52, kEpochs = 4;

// Noise around a colour for each class, as decoded bytes; the last batch of an epoch is smaller.
std::shared_ptr<const data::Dataset> drawn() {
  at::manual_seed(1);
  auto dataset = std::make_shared<data::Dataset>();
  dataset->pixels = at::randint(0, 180, {kImages, kSide, kSide, 3}, at::kByte);
  for (int64_t i = 0; i < kImages; ++i) {
    dataset->labels.push_back(i % kClasses);
    dataset->pixels[i].select(2, i % kClasses).add_(70);
  }
  return dataset;
}

Session make_session(std::shared_ptr<const device::Backend> backend, const std::string& trained,
                     double dropout = 0.2) {
  Session session;
  session.backend = std::move(backend);
  session.preprocessing.height = session.preprocessing.width = session.preprocessing.resize = kSide;
  session.network = std::make_shared<model::Network>(
      model::find_architecture("resnet18"), model::InputShape{kSide, kSide},
      std::vector<model::HeadLayer>{
          {.kind = HeadKind::kGlobalAveragePooling, .name = "pool"},
          {.kind = HeadKind::kDropout, .name = "dropout", .rate = dropout},
          {.kind = HeadKind::kDense, .name = "dense", .units = kClasses}},
      1);
  for (size_t i = 0; i < session.network->layers().size(); ++i) {
    const model::Layer& layer = session.network->layers()[i];
    session.network->set_trainable(i, layer.head || layer.torch_name.starts_with(trained));
  }
  session.network->to(session.backend->device());
  return session;
}

FitOptions options_for(at::ScalarType compute) {
  FitOptions options;
  options.batch_size = kBatch;
  options.epochs = kEpochs;
  options.seed = 4;
  options.compute = compute;
  return options;
}

History run(Session& session, const FitOptions& options, const FitEvents& events = {},
            const Control* control = nullptr) {
  const TrainingOptions training{.optimizer = {.learning_rate = 1e-3},
                                 .schedule = {.kind = ScheduleKind::kCosine}};
  return fit(session, drawn(), drawn(), kClasses, training, options, events, control);
}

bool equal(const StateDict& a, const StateDict& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].first != b[i].first || !at::equal(a[i].second, b[i].second)) return false;
  }
  return a.size() == b.size();
}

}  // namespace

TEST("on a GPU a seed repeats a run exactly, and the loss falls") {
  const auto backend = check::gpu();
  if (!backend) return;
  for (const std::string trained : {"layer4", "fc"}) {  // nothing is called fc: the head alone
    Session once = make_session(backend, trained), again = make_session(backend, trained);
    const History history = run(once, options_for(at::kFloat));
    run(again, options_for(at::kFloat));
    CHECK(equal(once.network->state(), again.network->state()));
    CHECK(history.epochs.back().training["loss"] < history.epochs.front().training["loss"]);
  }
}

TEST("on a GPU in float32 a run without dropout follows the CPU's losses") {
  const auto backend = check::gpu();
  if (!backend) return;
  Session there = make_session(backend, "layer4", /*dropout=*/0);
  Session here = make_session(device::make_backend("cpu"), "layer4", /*dropout=*/0);
  const History actual = run(there, options_for(at::kFloat));
  const History expected = run(here, options_for(at::kFloat));
  for (size_t epoch = 0; epoch < expected.epochs.size(); ++epoch) {
    const Metrics::Values& a = actual.epochs[epoch].training;
    const Metrics::Values& e = expected.epochs[epoch].training;
    CHECK_EQUAL(a.images, e.images);
    CHECK(std::abs(a["loss"] - e["loss"]) < 1e-2 * std::max(e["loss"], 0.5));
  }
}

TEST("on a GPU a run that was stopped goes on as if it had not been") {
  const auto backend = check::gpu();
  if (!backend) return;
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("thaw-fit-cuda-" + std::to_string(getpid()));
  FitOptions options = options_for(at::kBFloat16);
  Session straight = make_session(backend, "layer4");
  run(straight, options);
  options.checkpoint.directory = folder.string();
  Control control;
  FitEvents events;
  events.epoch = [&](int64_t epoch, const EpochRecord&, bool) {
    if (epoch == 1) control.stop();
  };
  Session stopped = make_session(backend, "layer4");
  CHECK_THROWS(run(stopped, options, events, &control), "ERR_ABORTED");
  options.checkpoint.resume = true;
  Session resumed = make_session(backend, "layer4");
  run(resumed, options);
  CHECK(equal(resumed.network->state(), straight.network->state()));
  std::filesystem::remove_all(folder);
}

TEST_MAIN()
