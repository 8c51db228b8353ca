// What a run is told from another by.
#include "check.h"
#include "engine/train/fingerprint.h"
#include "small_run.h"

using namespace small_run;
using namespace thaw::features;

namespace {

Fingerprint fingerprint(const Parts& parts) {
  const Session session = make_session(parts);
  return run_fingerprint(session, FrozenProof(*session.network), parts.dataset,
                         parts.validated ? &parts.validation : nullptr, kClasses, parts.training,
                         parts.options);
}

std::vector<Difference> all_differences(const Fingerprint& before, const Fingerprint& now) {
  std::vector<Difference> all = differences(before.fixed, now.fixed);
  for (const Difference& one : differences(before.open, now.open)) all.push_back(one);
  return all;
}

std::string difference(const Fingerprint& before, const Fingerprint& now) {
  return joined(all_differences(before, now));
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
    {"nonFinite was stop and is skip", [](Parts& p) { p.options.non_finite = NonFinite::kSkip; }},
    {"class names was not set and is cat dog",
     [](Parts& p) {
       p.options.checkpoint.facts = {{.name = "class names", .text = "cat dog", .fixed = true}};
     }},
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
  for (int i = 0; i < 10; ++i) before.open["a" + std::to_string(i)] = std::string(1000, 'x');
  now = before;
  for (auto& entry : now.open) entry.second += "y";
  const std::string text = difference(before, now);
  CHECK(text.size() < 1000);
  CHECK(text.ends_with("; and 4 more"));
}

TEST("an option is named by itself, by what it is part of, and in every group of layers") {
  const auto named = [](const char* option, const char* name) {
    return is_named({option, ""}, {name});
  };
  CHECK(named("batchSize", "batchSize"));
  CHECK(named("optimizer.learningRate", "learningRate"));
  CHECK(named("groups[3].learningRate", "learningRate"));
  CHECK(named("groups[3].learningRate", "groups"));
  CHECK(named("schedule.kind", "schedule"));
  CHECK(!named("optimizer.learningRate", "rate"));
  CHECK(!named("optimizer.learningRate", ""));
}

TEST_MAIN()
