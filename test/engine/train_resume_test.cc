// What a run is told from another by, and what it goes on from.
#include <filesystem>

#include "check.h"
#include "drawn.h"
#include "engine/train/fingerprint.h"
#include "engine/train/fit.h"

using namespace thaw;
using namespace thaw::train;
using namespace thaw::features;
using namespace thaw::session;
using model::Activation, model::HeadKind, model::HeadLayer;

namespace {

constexpr int64_t kSide = 32, kClasses = 3;
const drawn::Folder folder;

// Everything that a run is made of.
struct Parts {
  std::vector<HeadLayer> head = {
      {.kind = HeadKind::kGlobalAveragePooling, .name = "pool"},
      {.kind = HeadKind::kDense, .name = "dense", .units = 8, .activation = Activation::kRelu},
      {.kind = HeadKind::kDropout, .name = "dropout", .rate = 0.2},
      {.kind = HeadKind::kBatchNormalization, .name = "norm"},
      {.kind = HeadKind::kDense, .name = "dense_1", .units = kClasses}};
  std::string architecture = "resnet18";
  std::string trained = "layer4.1";
  uint64_t weights = 1;  // seed
  data::Preprocessing preprocessing{.height = kSide, .width = kSide, .resize = kSide};
  TrainingOptions training;
  FitOptions options;
  data::Dataset dataset, validation;
  bool validated = true;
};

data::Dataset files(const std::string& prefix, int64_t count, int change = 0) {
  data::Dataset dataset;
  for (int64_t i = 0; i < count; ++i) {
    const at::Tensor image = drawn::busy(20, 30).bitwise_xor(static_cast<int>(i * 11 + change));
    dataset.paths.push_back(folder.write(prefix + std::to_string(i), drawn::bmp(image)));
    dataset.labels.push_back(i % kClasses);
  }
  return dataset;
}

Parts usual() {
  Parts parts;
  parts.dataset = files("train", 6);
  parts.validation = files("validation", 3);
  parts.options.epochs = 4;
  parts.options.batch_size = 3;
  return parts;
}

Session make_session(const Parts& parts) {
  Session session;
  session.backend = device::make_backend("cpu");
  session.preprocessing = parts.preprocessing;
  session.network =
      std::make_shared<model::Network>(model::find_architecture(parts.architecture),
                                       model::InputShape{kSide, kSide}, parts.head, parts.weights);
  for (size_t i = 0; i < session.network->layers().size(); ++i) {
    const model::Layer& layer = session.network->layers()[i];
    session.network->set_trainable(i, layer.head || layer.torch_name.starts_with(parts.trained));
  }
  return session;
}

Fingerprint fingerprint(const Parts& parts) {
  const Session session = make_session(parts);
  return run_fingerprint(session, parts.dataset, parts.validated ? &parts.validation : nullptr,
                         kClasses, parts.training, parts.options);
}

struct Change {
  const char* named;  // in the sentence
  void (*make)(Parts&);
};

const std::vector<Change> kDecisive = {
    {"head[1].activation was relu and is sigmoid",
     [](Parts& p) { p.head[1].activation = Activation::kSigmoid; }},
    {"head[2].rate was 0.2 and is 0.5", [](Parts& p) { p.head[2].rate = 0.5; }},
    {"head[3].momentum", [](Parts& p) { p.head[3].momentum = 0.9; }},
    {"head[3].epsilon", [](Parts& p) { p.head[3].epsilon = 0.1; }},
    {"head[0].kind was globalAveragePooling and is flatten",
     [](Parts& p) { p.head[0].kind = HeadKind::kFlatten; }},
    {"architecture", [](Parts& p) { p.architecture = "resnet34"; }},
    {"trainable layers", [](Parts& p) { p.trained = "layer4"; }},
    {"the frozen weights are others", [](Parts& p) { p.weights = 2; }},
    {"preprocessing.resize", [](Parts& p) { p.preprocessing.resize = 40; }},
    {"preprocessing.mean", [](Parts& p) { p.preprocessing.mean[1] = 0.5; }},
    {"preprocessing.std", [](Parts& p) { p.preprocessing.std[2] = 0.5; }},
    {"optimizer.kind was adam and is sgd",
     [](Parts& p) { p.training.optimizer.kind = OptimizerKind::kSgd; }},
    {"optimizer.learningRate was 0.001 and is 0.01",
     [](Parts& p) { p.training.optimizer.learning_rate = 0.01; }},
    {"optimizer.weightDecay", [](Parts& p) { p.training.optimizer.weight_decay = 0.01; }},
    {"optimizer.beta1", [](Parts& p) { p.training.optimizer.beta1 = 0.8; }},
    {"optimizer.beta2", [](Parts& p) { p.training.optimizer.beta2 = 0.99; }},
    {"optimizer.epsilon was 1e-07 and is 1e-08",
     [](Parts& p) { p.training.optimizer.epsilon = 1e-8; }},
    {"optimizer.epsilonHat", [](Parts& p) { p.training.optimizer.epsilon_hat = true; }},
    {"optimizer.momentum", [](Parts& p) { p.training.optimizer.momentum = 0.9; }},
    {"optimizer.nesterov", [](Parts& p) { p.training.optimizer.nesterov = true; }},
    {"groups[0].learningRate was not set and is 0.1",
     [](Parts& p) {
       p.training.groups = {{.modules = {"fc"}, .learning_rate = 0.1, .weight_decay = {}}};
     }},
    {"loss was categoricalCrossentropy and is binaryCrossentropy",
     [](Parts& p) { p.training.loss.kind = LossKind::kBinaryCrossentropy; }},
    {"labelSmoothing", [](Parts& p) { p.training.loss.label_smoothing = 0.1; }},
    {"classWeight",
     [](Parts& p) {
       p.training.loss.class_weights = {1, 2, 3};
     }},
    {"metrics", [](Parts& p) { p.training.metrics = {"top5"}; }},
    {"schedule.kind", [](Parts& p) { p.training.schedule.kind = ScheduleKind::kStep; }},
    {"schedule.warmupEpochs", [](Parts& p) { p.training.schedule.warmup_epochs = 1; }},
    {"schedule.minimum", [](Parts& p) { p.training.schedule.minimum = 0.1; }},
    {"schedule.every", [](Parts& p) { p.training.schedule.every_epochs = 2; }},
    {"schedule.gamma", [](Parts& p) { p.training.schedule.gamma = 0.5; }},
    {"batchSize", [](Parts& p) { p.options.batch_size = 2; }},
    {"precision was float32 and is bfloat16", [](Parts& p) { p.options.compute = at::kBFloat16; }},
    {"shuffle was true and is false", [](Parts& p) { p.options.shuffle = false; }},
    {"seed", [](Parts& p) { p.options.seed = 9; }},
    {"augment was none and is flip",
     [](Parts& p) { p.options.augmentation = data::Augmentation::kFlip; }},
    {"cacheViews", [](Parts& p) { p.options.views = 2; }},
    {"accumulationSteps", [](Parts& p) { p.options.accumulation_steps = 2; }},
    {"clipNorm", [](Parts& p) { p.options.clip_norm = 1; }},
    {"earlyStopping.patience was not set and is 3",
     [](Parts& p) { p.options.early_stopping = EarlyStopping{.patience = 3}; }},
    {"the images are others", [](Parts& p) { p.dataset = files("other", 6, 128); }},
    {"the labels are others",
     [](Parts& p) { std::swap(p.dataset.labels[0], p.dataset.labels[1]); }},
    {"the validation images are gone", [](Parts& p) { p.validated = false; }},
    {"the validation images are others", [](Parts& p) { p.validation = files("more", 3, 64); }},
    {"the validation labels are others", [](Parts& p) { p.validation.labels[0] = 2; }},
};

const std::vector<void (*)(Parts&)> kIncidental = {
    [](Parts& p) { p.options.epochs = 40; },
    [](Parts& p) { p.options.threads = 7; },
    [](Parts& p) { p.options.max_unreadable_share = 0.5; },
    [](Parts& p) { p.options.cache.mode = CacheOptions::Mode::kOff; },
    [](Parts& p) { p.options.cache.memory = 1; },
    [](Parts& p) { p.options.checkpoint = {.directory = "elsewhere", .resume = true}; },
    [](Parts& p) { p.dataset = files("copy", 6); },  // of the folder, under other names
};

}  // namespace

TEST("whatever decides the result tells a run from another, and is named") {
  const Fingerprint before = fingerprint(usual());
  for (const Change& change : kDecisive) {
    Parts parts = usual();
    change.make(parts);
    const std::string text = difference(before, fingerprint(parts));
    if (text.find(change.named) == std::string::npos)
      check::fail(__FILE__, __LINE__, std::string(change.named) + " is not in: " + text);
  }
}

TEST("what does not decide it may be another") {
  const Fingerprint before = fingerprint(usual());
  for (const auto& change : kIncidental) {
    Parts parts = usual();
    change(parts);
    CHECK_EQUAL(difference(before, fingerprint(parts)), "");
  }
}

TEST("images replaced under their names are others") {
  const Parts parts = usual();
  const Fingerprint before = fingerprint(parts);
  files("train", 6, 1);
  CHECK_EQUAL(difference(before, fingerprint(parts)), "the images are others");
  files("train", 6);
  CHECK_EQUAL(difference(before, fingerprint(parts)), "");
}

TEST("the number of epochs counts where the schedule depends on it") {
  Parts parts = usual();
  parts.training.schedule.kind = ScheduleKind::kCosine;
  const Fingerprint before = fingerprint(parts);
  parts.options.epochs = 5;
  CHECK_EQUAL(difference(before, fingerprint(parts)), "epochs was 4 and is 5");
}

TEST("many differences and long ones make one sentence") {
  Fingerprint before, now;
  for (int i = 0; i < 10; ++i) before["a" + std::to_string(i)] = std::string(1000, 'x');
  now = before;
  for (auto& entry : now) entry.second += "y";
  const std::string text = difference(before, now);
  CHECK(text.size() < 1000);
  CHECK(text.ends_with("; and 6 more"));
}

namespace {

History run(const Parts& parts, Session& session, const FitEvents& events = {},
            const Control* control = nullptr) {
  return fit(session, std::make_shared<data::Dataset>(parts.dataset),
             parts.validated ? std::make_shared<data::Dataset>(parts.validation) : nullptr,
             kClasses, parts.training, parts.options, events, control);
}

}  // namespace

TEST("a run that is stopped while it validates keeps its epoch's learning rate") {
  Parts parts = usual();
  parts.trained = "-";
  parts.training.schedule.kind = ScheduleKind::kCosine;
  parts.training.metrics = {"top5"};
  Session whole = make_session(parts);
  const History expected = run(parts, whole);

  parts.options.checkpoint = {.directory = folder.file("stopped"), .resume = true};
  Control control;
  FitEvents events;
  events.batch = [&](const BatchEvent& event) {
    if (event.epoch == 1 && event.batch + 1 == event.batches) control.stop();
  };
  Session first = make_session(parts);
  CHECK_THROWS(run(parts, first, events, &control), "ERR_ABORTED");
  Session second = make_session(parts);
  const History resumed = run(parts, second);
  CHECK_EQUAL(resumed.epochs.size(), expected.epochs.size());
  for (size_t i = 0; i < expected.epochs.size(); ++i) {
    CHECK(expected.epochs[i].learning_rate > 0);
    CHECK_EQUAL(resumed.epochs[i].learning_rate, expected.epochs[i].learning_rate);
    for (const char* name : {"loss", "accuracy", "top5"}) {
      CHECK_EQUAL(resumed.epochs[i].training[name], expected.epochs[i].training[name]);
      CHECK_EQUAL(resumed.epochs[i].validation[name], expected.epochs[i].validation[name]);
    }
    CHECK_EQUAL(resumed.epochs[i].training.images, 6);
  }
  parts.head[2].rate = 0.4;
  Session other = make_session(parts);
  std::string message;
  try {
    run(parts, other);
  } catch (const Error& error) {
    message = error.code() + ": " + error.what();
  }
  CHECK(message.starts_with("ERR_CHECKPOINT_MISMATCH"));
  CHECK(message.find("head[2].rate was 0.2 and is 0.4.") != std::string::npos);
}

TEST_MAIN()
