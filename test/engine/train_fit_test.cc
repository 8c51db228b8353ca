// The whole loop on small drawn data: it learns, repeats, stops, goes on, and leaves frozen parts
// alone.
#include "engine/session/predict.h"
#include "engine/train/fit.h"

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "check.h"
#include "drawn.h"
#include "engine/train/evaluate.h"

using namespace thaw;
using namespace thaw::train;
using namespace thaw::features;
using namespace thaw::session;
using model::HeadKind, model::HeadLayer;

namespace {

constexpr int64_t kSide = 32, kClasses = 3;

// Noise around a colour for each class, as preprocessed float pixels.
std::shared_ptr<const data::Dataset> noise(int64_t images, uint64_t seed) {
  at::manual_seed(seed);
  auto dataset = std::make_shared<data::Dataset>();
  dataset->pixels = at::randn({images, kSide, kSide, 3});
  for (int64_t i = 0; i < images; ++i) {
    dataset->labels.push_back(i % kClasses);
    dataset->pixels[i].select(2, i % kClasses).add_(1);
  }
  return dataset;
}

Session make_session(double dropout = 0) {
  std::vector<HeadLayer> head = {{.kind = HeadKind::kGlobalAveragePooling, .name = "pool"}};
  if (dropout > 0) head.push_back({.kind = HeadKind::kDropout, .name = "dropout", .rate = dropout});
  head.push_back({.kind = HeadKind::kDense, .name = "dense", .units = kClasses});
  Session session;
  session.backend = device::make_backend("cpu");
  session.preprocessing.height = session.preprocessing.width = kSide;
  session.network = std::make_shared<model::Network>(model::find_architecture("resnet18"),
                                                     model::InputShape{kSide, kSide}, head, 1);
  return session;
}

void freeze_all_but(model::Network& network, const std::string& prefix) {
  for (size_t i = 0; i < network.layers().size(); ++i) {
    const model::Layer& layer = network.layers()[i];
    network.set_trainable(i,
                          layer.head || (!prefix.empty() && layer.torch_name.starts_with(prefix)));
  }
}

FitOptions options_for(int64_t epochs) {
  FitOptions options;
  options.batch_size = 8;
  options.epochs = epochs;
  options.seed = 4;
  options.threads = 1;
  return options;
}

const TrainingOptions kTraining{.optimizer = {.learning_rate = 1e-3}};

bool equal(const StateDict& a, const StateDict& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].first != b[i].first || !at::equal(a[i].second, b[i].second)) return false;
  }
  return a.size() == b.size();
}

History run(Session& session, const FitOptions& options, const FitEvents& events = {},
            const Control* control = nullptr,
            std::shared_ptr<const data::Dataset> validation = nullptr) {
  return fit(session, noise(20, 1), validation, kClasses, kTraining, options, events, control);
}

class Folder {
 public:
  Folder()
      : path_(std::filesystem::temp_directory_path() / ("thaw-fit-" + std::to_string(getpid()))) {
    std::filesystem::remove_all(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST("refuses to train nothing, or more classes than outputs") {
  Session session = make_session();
  for (size_t i = 0; i < session.network->layers().size(); ++i)
    session.network->set_trainable(i, false);
  CHECK_THROWS(run(session, options_for(1)), "ERR_NOTHING_TO_TRAIN");
  freeze_all_but(*session.network, "");
  CHECK_THROWS(fit(session, noise(8, 1), nullptr, 9, kTraining, options_for(1), {}, nullptr),
               "ERR_CLASS_COUNT");
  FitOptions options = options_for(1);
  options.early_stopping.emplace();
  CHECK_THROWS(run(session, options), "ERR_INVALID_ARGUMENT");
}

TEST("everything trained: the loss falls and the drawn classes are told apart") {
  Session session = make_session();
  // Full batches and steps of this size: with larger ones the loss of so few images jumps from
  // epoch to epoch by more than it falls, whatever the seed.
  const TrainingOptions training{.optimizer = {.learning_rate = 3e-4}};
  const History history =
      fit(session, noise(32, 1), noise(30, 2), kClasses, training, options_for(8), {}, nullptr);
  CHECK_EQUAL(history.epochs.size(), 8u);
  CHECK(history.epochs.back().training["loss"] < 0.2 * history.epochs.front().training["loss"]);
  const Evaluation evaluation =
      evaluate(session, noise(30, 2), kClasses, {}, {options_for(1), {}}, nullptr);
  CHECK(evaluation.values["accuracy"] > 0.95);
  CHECK(std::abs(evaluation.values["loss"] - history.epochs.back().validation["loss"]) < 1e-4);
  int64_t right = 0;
  for (int64_t c = 0; c < kClasses; ++c) right += evaluation.confusion[c * kClasses + c];
  CHECK_EQUAL(right, std::llround(evaluation.values["accuracy"] * 30));
}

TEST("what is frozen stays byte for byte, BatchNorm buffers included") {
  Session session = make_session();
  freeze_all_but(*session.network, "layer4.1");
  const StateDict before = session.network->state();
  run(session, options_for(2));
  const StateDict after = session.network->state();
  for (size_t i = 0; i < before.size(); ++i) {
    const bool trained = before[i].first.starts_with("layer4.1.") ||
                         before[i].first.starts_with("head.") || before[i].first.starts_with("fc.");
    CHECK_EQUAL(at::equal(before[i].second, after[i].second), !trained);
  }
}

TEST("a seed repeats a run exactly, dropout included; another seed does not") {
  StateDict states[3];
  for (int i = 0; i < 3; ++i) {
    Session session = make_session(0.5);
    FitOptions options = options_for(2);
    options.seed = i < 2 ? 4 : 5;
    run(session, options);
    states[i] = session.network->state();
  }
  CHECK(equal(states[0], states[1]));
  CHECK(!equal(states[0], states[2]));
}

TEST("a run that is stopped in the middle of an epoch and resumed ends as the uninterrupted one") {
  const Folder folder;
  Session whole = make_session(0.5);
  const History expected = run(whole, options_for(3), {}, nullptr, noise(9, 2));

  FitOptions options = options_for(3);
  options.checkpoint.directory = folder.path();
  options.checkpoint.resume = true;
  Control control;
  Session first = make_session(0.5);
  // The first epoch ends, then the second one is stopped at its beginning or later.
  const FitEvents events{.begin = {}, .batch = {}, .epoch = [&](int64_t, const EpochRecord&, bool) {
                           control.stop();
                         }};
  CHECK_THROWS(run(first, options, events, &control, noise(9, 2)), "ERR_ABORTED");

  Session second = make_session(0.5);
  int64_t start = -1;
  const FitEvents begin{.begin = [&](const BeginEvent& event) { start = event.start_epoch; },
                        .batch = {},
                        .epoch = {}};
  const History resumed = run(second, options, begin, nullptr, noise(9, 2));
  CHECK_EQUAL(start, 1);
  CHECK(equal(whole.network->state(), second.network->state()));
  for (size_t i = 0; i < 3; ++i) {
    CHECK_EQUAL(resumed.epochs[i].training["loss"], expected.epochs[i].training["loss"]);
    CHECK_EQUAL(resumed.epochs[i].validation["loss"], expected.epochs[i].validation["loss"]);
  }
  options.seed = 77;
  CHECK_THROWS(run(second, options), "ERR_CHECKPOINT_MISMATCH");
}

namespace {

at::Tensor trained_head(const FitOptions& options, const TrainingOptions& training,
                        std::shared_ptr<const data::Dataset> dataset,
                        const Control* control = nullptr) {
  Session session = make_session();
  freeze_all_but(*session.network, "");
  fit(session, std::move(dataset), nullptr, kClasses, training, options, {}, control);
  return session.network->weights().at("fc.weight").detach().clone();
}

double distance(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

}  // namespace

TEST("accumulated batches are one step over all their images, a last short group included") {
  const auto train = [](int64_t batch_size, int64_t accumulation, bool weighted) {
    FitOptions options = options_for(2);
    options.batch_size = batch_size;
    options.accumulation_steps = accumulation;
    TrainingOptions training = kTraining;
    training.optimizer = {.kind = OptimizerKind::kSgd, .learning_rate = 0.1};
    if (weighted) training.loss.class_weights = {1, 3, 0.25};
    return trained_head(options, training, noise(20, 1));
  };
  for (const bool weighted : {false, true}) {
    const at::Tensor nines = train(9, 1, weighted);  // 9, 9, 2
    CHECK(distance(nines, train(3, 3, weighted)) < 1e-5);
    CHECK(distance(train(16, 1, weighted), train(8, 2, weighted)) < 1e-5);  // 8 and 8; 4
    CHECK(distance(train(20, 1, weighted), train(7, 3, weighted)) < 1e-5);  // 7, 7 and 6
    CHECK(distance(nines, train(8, 2, weighted)) > 1e-4);
  }
}

TEST("an epoch that ends in batches of unreadable images takes its last step all the same") {
  const drawn::Folder folder;
  auto whole = std::make_shared<data::Dataset>();
  for (int64_t i = 0; i < 12; ++i) {
    const at::Tensor image = drawn::busy(32, 32).bitwise_xor(static_cast<int>(i * 11));
    whole->paths.push_back(folder.write("image" + std::to_string(i), drawn::bmp(image)));
    whole->labels.push_back(i % kClasses);
  }
  auto damaged = std::make_shared<data::Dataset>(*whole);
  for (int64_t i = 0; i < 4; ++i) {
    damaged->paths.push_back(folder.write("damaged" + std::to_string(i), {1, 2, 3}));
    damaged->labels.push_back(0);
  }
  FitOptions options = options_for(3);
  options.batch_size = 4;
  options.accumulation_steps = 2;
  options.shuffle = false;
  options.max_unreadable_share = 0.5;
  const at::Tensor expected = trained_head(options, kTraining, whole);
  CHECK(at::equal(trained_head(options, kTraining, damaged), expected));
}

TEST("a run can be held up and let go on, stopped while it is held up, and slowed down") {
  FitOptions options = options_for(3);
  const TrainingOptions training{.optimizer = {.kind = OptimizerKind::kSgd, .learning_rate = 0.1}};
  Control slower;
  slower.set_learning_rate_factor(0.5);
  const TrainingOptions half{.optimizer = {.kind = OptimizerKind::kSgd, .learning_rate = 0.05}};
  CHECK(at::equal(trained_head(options, training, noise(20, 1), &slower),
                  trained_head(options, half, noise(20, 1))));

  for (const bool stopped : {false, true}) {
    Session session = make_session();
    freeze_all_but(*session.network, "");
    Control control;
    std::atomic<int> epochs = 0;
    FitEvents events;
    events.epoch = [&](int64_t epoch, const EpochRecord&, bool) {
      if (epoch == 0) control.pause();
      ++epochs;
      epochs.notify_all();
    };
    std::string code = "none";
    std::thread thread([&] {
      try {
        fit(session, noise(20, 1), nullptr, kClasses, training, options, events, &control);
      } catch (const Error& error) {
        code = error.code();
      }
    });
    epochs.wait(0);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    CHECK_EQUAL(epochs.load(), 1);
    if (stopped) control.stop();
    control.resume();
    thread.join();
    CHECK_EQUAL(code, stopped ? "ERR_ABORTED" : "none");
    CHECK_EQUAL(epochs.load(), stopped ? 1 : 3);
    if (!stopped) {
      CHECK(at::equal(session.network->weights().at("fc.weight").detach(),
                      trained_head(options, training, noise(20, 1))));
    }
  }
}

TEST("a metric that does not exist, or is watched without being recorded, is refused") {
  Session session = make_session();
  freeze_all_but(*session.network, "");
  const auto train = [&](const TrainingOptions& training, const char* monitor) {
    FitOptions options = options_for(1);
    options.early_stopping = EarlyStopping{.monitor = monitor};
    return fit(session, noise(8, 1), noise(8, 2), kClasses, training, options, {}, nullptr);
  };
  CHECK_THROWS(train({.metrics = {"f1"}}, "loss"), "ERR_INVALID_ARGUMENT");
  CHECK_THROWS(train({}, "valTop5"), "ERR_INVALID_ARGUMENT");
  const History history = train({.metrics = {"top5"}}, "valTop5");
  CHECK_EQUAL(history.epochs[0].validation["top5"], 1.0);
  CHECK_EQUAL(history.epochs[0].training.means.size(), 3u);
}

TEST("early stopping ends the run and brings back the best weights") {
  Session session = make_session();
  freeze_all_but(*session.network, "");
  FitOptions options = options_for(30);
  options.early_stopping = EarlyStopping{.monitor = "valLoss", .patience = 1, .min_delta = 0.01};
  const auto validation = noise(12, 3);
  const History history = run(session, options, {}, nullptr, validation);
  CHECK(history.stopped_early);
  CHECK(history.epochs.size() < 50u);
  CHECK_EQUAL(history.best_epoch + 2, static_cast<int64_t>(history.epochs.size()));
  const Evaluation evaluation =
      evaluate(session, validation, kClasses, {}, {options_for(1), {}}, nullptr);
  CHECK(std::abs(evaluation.values["loss"] -
                 history.epochs[history.best_epoch].validation["loss"]) < 1e-4);
}

TEST("a loss that is no longer finite is an error with advice") {
  Session session = make_session();
  TrainingOptions training;
  training.optimizer = {.kind = OptimizerKind::kSgd, .learning_rate = 1e30};
  CHECK_THROWS(fit(session, noise(16, 1), nullptr, kClasses, training, options_for(3), {}, nullptr),
               "ERR_LOSS_NOT_FINITE");
}

TEST("predictions are probabilities; apply gives the last layer's output") {
  Session session = make_session();
  const auto dataset = noise(5, 1);
  const at::Tensor probabilities = predict(session, dataset, options_for(1), nullptr);
  CHECK_EQUAL(probabilities.sizes(), (at::IntArrayRef{5, kClasses}));
  CHECK((probabilities.sum(1) - 1).abs().max().item<float>() < 1e-5);
  const at::Tensor logits = apply(session, dataset->pixels, options_for(1));
  CHECK((logits.softmax(1) - probabilities).abs().max().item<float>() < 1e-5);
}

TEST_MAIN()
