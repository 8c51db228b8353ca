// What a run is told from another by, and what it goes on from.
#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "check.h"
#include "drawn.h"
#include "engine/files/digest.h"
#include "engine/train/checkpoint_store.h"
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

namespace {

History run(const Parts& parts, Session& session, const FitEvents& events = {},
            const Control* control = nullptr) {
  return fit(session, std::make_shared<data::Dataset>(parts.dataset),
             parts.validated ? std::make_shared<data::Dataset>(parts.validation) : nullptr,
             kClasses, parts.training, parts.options, events, control);
}

}  // namespace

namespace {

// "ERR_CHECKPOINT_MISMATCH: The checkpoint ..."
std::string refusal(const Parts& parts, Session& session) {
  try {
    run(parts, session);
  } catch (const Error& error) {
    return error.code() + ": " + error.what();
  }
  return "";
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
  const std::string message = refusal(parts, other);
  CHECK(message.starts_with("ERR_CHECKPOINT_MISMATCH"));
  CHECK(message.find("head[2].rate was 0.2 and is 0.4.") != std::string::npos);
}

namespace {

std::vector<std::string> checkpoints(const std::string& directory) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (std::isdigit(entry.path().filename().string()[0]) != 0)
      found.push_back(entry.path().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

// The end of a run, in a few words that are equal for equal runs.
std::string outcome(Session& session, const History& history) {
  std::string text;
  for (const auto& [name, tensor] : session.network->state())
    text += fast_digest(tensor.const_data_ptr(), tensor.nbytes());
  for (const EpochRecord& record : history.epochs) {
    for (const auto& values : {record.training, record.validation}) {
      for (const auto& [metric, mean] : values.means) text += std::to_string(mean) + " ";
    }
    text += std::to_string(record.learning_rate) + " " + std::to_string(record.training.images);
  }
  for (const data::UnreadableImage& image : history.unreadable) text += image.name + image.reason;
  return text + std::to_string(history.best_epoch);
}

std::string uninterrupted(const Parts& parts) {
  Session session = make_session(parts);
  const History history = run(parts, session);
  return outcome(session, history);
}

// Begins a run and stops it after some milliseconds, again and again, until one comes to its end.
// Each begins with a new network: all that it knows it has from the checkpoint.
std::string interrupted(Parts parts, const std::string& directory, unsigned seed, int& stops) {
  parts.options.checkpoint = {.directory = directory, .resume = true, .every = 1e-9};
  std::mt19937 random(seed);
  for (;;) {
    Session session = make_session(parts);
    Control control;
    std::mutex mutex;
    std::condition_variable begun;
    bool has_begun = false;
    FitEvents events;
    events.begin = [&](const BeginEvent&) {
      const std::lock_guard lock(mutex);
      has_begun = true;
      begun.notify_all();
    };
    const std::chrono::microseconds wait(1000 + random() % 150000);
    std::thread stopper([&] {
      std::unique_lock lock(mutex);
      begun.wait(lock, [&] { return has_begun; });
      lock.unlock();
      std::this_thread::sleep_for(wait);
      control.stop();
    });
    std::optional<History> history;
    std::string failure;
    try {
      history = run(parts, session, events, &control);
    } catch (const Error& error) {
      failure = error.code() + ": " + error.what();
      const std::lock_guard lock(mutex);
      has_begun = true;
      begun.notify_all();
    }
    stopper.join();
    if (history) return outcome(session, *history);
    if (!failure.starts_with("ERR_ABORTED")) return failure;
    ++stops;
  }
}

Parts small() {
  Parts parts = usual();
  parts.trained = "-";
  parts.dataset = files("many", 23);
  parts.options.batch_size = 2;
  parts.options.threads = 2;
  return parts;
}

}  // namespace

TEST("a run that is stopped anywhere, any number of times, ends as if it had not been") {
  const std::vector<std::pair<const char*, void (*)(Parts&)>> runs = {
      {"groups, unreadable images",
       [](Parts& p) {
         p.options.accumulation_steps = 5;
         p.options.clip_norm = 0.1;
         p.dataset.paths[4] = folder.write("no image", std::vector<uint8_t>(100, 7));
         p.dataset.paths[17] = folder.file("not there\nat all");
         p.options.max_unreadable_share = 0.5;
         p.options.cache.mode = CacheOptions::Mode::kOff;
       }},
      {"best weights, momentum, views",
       [](Parts& p) {
         p.options.early_stopping = EarlyStopping{.patience = 2};
         p.training.optimizer = {
             .kind = OptimizerKind::kSgd, .learning_rate = 0.05, .momentum = 0.9};
         p.options.augmentation = data::Augmentation::kStandard;
         p.options.views = 2;
         p.training.metrics = {"top5"};
       }},
      {"inner layers", [](Parts& p) { p.trained = "layer4.1"; }},
  };
  int stops = 0;
  for (const auto& [name, change] : runs) {
    Parts parts = small();
    change(parts);
    const std::string expected = uninterrupted(parts);
    const std::string got = interrupted(parts, folder.file(name), 7, stops);
    if (got != expected)
      check::fail(__FILE__, __LINE__, std::string(name) + " ends otherwise: " + got.substr(0, 200));
  }
  CHECK(stops > 2);
}

TEST("two checkpoints are kept, and a damaged one gives way to the one before") {
  Parts parts = small();
  const std::string expected = uninterrupted(parts);
  const std::string directory = folder.file("damaged");
  parts.options.checkpoint = {.directory = directory};
  Session session = make_session(parts);
  run(parts, session);
  parts.options.checkpoint.resume = true;
  const std::vector<std::string> kept = checkpoints(directory);
  CHECK_EQUAL(kept.size(), 2);
  std::vector<uint8_t> bytes = drawn::read(kept[1]);
  bytes[bytes.size() / 2] ^= 4;
  std::ofstream(kept[1], std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  std::vector<std::string> notes;
  FitEvents events;
  events.begin = [&](const BeginEvent& event) {
    notes = event.notes;
    CHECK(event.epochs.size() < 4);
  };
  Session second = make_session(parts);
  const History history = run(parts, second, events);
  CHECK_EQUAL(outcome(second, history), expected);
  CHECK(notes.size() == 2 && notes[0].find(kept[1]) != std::string::npos);
  CHECK(notes[1].starts_with("going on from epoch "));
  CHECK_EQUAL(checkpoints(directory).size(), 2);

  for (const std::string& path : checkpoints(directory)) std::filesystem::resize_file(path, 100);
  Session third = make_session(parts);
  CHECK(refusal(parts, third).starts_with("ERR_CHECKPOINT_DAMAGED"));
  parts.options.checkpoint.resume = false;
  run(parts, third);
  CHECK_EQUAL(checkpoints(directory).size(), 2);
}

TEST("that there is nothing to go on from is said") {
  Parts parts = small();
  parts.options.epochs = 1;
  parts.options.checkpoint = {.directory = folder.file("nothing"), .resume = true};
  std::vector<std::string> notes;
  FitEvents events;
  events.begin = [&](const BeginEvent& event) { notes = event.notes; };
  Session session = make_session(parts);
  run(parts, session, events);
  CHECK(notes.size() == 1 && notes[0].starts_with("There is no checkpoint in "));
}

TEST("a new run leaves nothing of an earlier one to go on from") {
  Parts parts = small();
  parts.options.checkpoint = {.directory = folder.file("again")};
  Session first = make_session(parts);
  run(parts, first);
  Control control;
  FitEvents events;
  events.begin = [&](const BeginEvent&) {
    CHECK(checkpoints(parts.options.checkpoint.directory).empty());
    control.stop();
  };
  Session second = make_session(parts);
  CHECK_THROWS(run(parts, second, events, &control), "ERR_ABORTED");
  CHECK_EQUAL(checkpoints(parts.options.checkpoint.directory).size(), 1);
}

TEST("what may change in a run does where it is asked for by name, and is told") {
  Parts parts = small();
  parts.options.checkpoint = {.directory = folder.file("changes")};
  Session first = make_session(parts);
  run(parts, first);
  parts.options.checkpoint.resume = true;
  parts.options.epochs = 6;
  parts.options.batch_size = 3;
  parts.training.optimizer.learning_rate = 1e-4;
  Session second = make_session(parts);
  const std::string message = refusal(parts, second);
  CHECK(message.find("batchSize was 2 and is 3") != std::string::npos);
  CHECK(message.find("optimizer.learningRate was 0.001 and is 1e-04") != std::string::npos);
  parts.options.checkpoint.changes = {"learningRate", "batchSize"};
  std::vector<std::string> notes;
  FitEvents events;
  events.begin = [&](const BeginEvent& event) { notes = event.notes; };
  const History history = run(parts, second, events);
  CHECK_EQUAL(history.epochs.size(), 6);
  CHECK_EQUAL(history.epochs[3].learning_rate, 1e-3);
  CHECK_EQUAL(history.epochs[4].learning_rate, 1e-4);
  CHECK_EQUAL(history.epochs[5].training.images, 23);
  CHECK(notes.size() == 3 && notes[1] == "from here on, batchSize was 2 and is 3");
}

TEST("the folder of a run gives its model, the best one where there is one") {
  Parts parts = small();
  parts.options.checkpoint = {.directory = folder.file("model"),
                              .description = {{.name = "thaw", .text = "{}"}}};
  parts.options.early_stopping = EarlyStopping{.patience = 9};
  Session session = make_session(parts);
  const History history = run(parts, session);
  const CheckpointStore::Model found = CheckpointStore(parts.options.checkpoint.directory).model();
  CHECK(found.best);
  CHECK_EQUAL(found.epoch, history.best_epoch);
  CHECK_EQUAL(found.file.metadata.at("thaw"), "{}");
  Session other = make_session(parts);
  other.network->load(found.file.tensors, "it");
  CHECK_EQUAL(outcome(other, history), outcome(session, history));
  CHECK_THROWS(CheckpointStore(folder.file("no such folder")).model(), "ERR_WEIGHTS_NOT_FOUND");
  std::filesystem::resize_file(parts.options.checkpoint.directory + "/frozen.safetensors", 1000);
  CHECK_THROWS(CheckpointStore(parts.options.checkpoint.directory).model(),
               "ERR_CHECKPOINT_DAMAGED");
}

TEST_MAIN()
