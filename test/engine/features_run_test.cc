// Training from kept features is training without them, bit for bit.
#include <filesystem>
#include <fstream>
#include <functional>

#include "check.h"
#include "drawn.h"
#include "engine/features/key.h"
#include "engine/train/evaluate.h"
#include "engine/train/fit.h"

using namespace thaw;
using namespace thaw::train;
using namespace thaw::features;
using namespace thaw::session;
using model::HeadKind, model::HeadLayer;
using Mode = CacheOptions::Mode;
using Place = CacheReport::Place;

namespace {

constexpr int64_t kSide = 32, kClasses = 3;
const drawn::Folder folder;

// Image files, one of them damaged.
std::shared_ptr<const data::Dataset> photographs(int64_t images, int64_t damaged) {
  auto dataset = std::make_shared<data::Dataset>();
  for (int64_t i = 0; i < images; ++i) {
    const at::Tensor image = drawn::busy(40 + i, 50).bitwise_xor(static_cast<int>(i * 11 % 256));
    dataset->paths.push_back(
        folder.write((damaged < 0 ? "whole" : "image") + std::to_string(i),
                     i == damaged ? std::vector<uint8_t>{1, 2, 3} : drawn::bmp(image)));
    dataset->labels.push_back(i % kClasses);
  }
  return dataset;
}

Session make_session(HeadKind first) {
  Session session;
  session.backend = device::make_backend("cpu");
  session.preprocessing.height = session.preprocessing.width = kSide;
  session.preprocessing.resize = kSide;
  session.network = std::make_shared<model::Network>(
      model::find_architecture("resnet18"), model::InputShape{kSide, kSide},
      std::vector<HeadLayer>{{.kind = first, .name = "first"},
                             {.kind = HeadKind::kDropout, .name = "dropout", .rate = 0.3},
                             {.kind = HeadKind::kDense, .name = "dense", .units = kClasses}},
      1);
  return session;
}

void train_only(model::Network& network, const std::string& prefix) {
  for (size_t i = 0; i < network.layers().size(); ++i) {
    const model::Layer& layer = network.layers()[i];
    network.set_trainable(i,
                          layer.head || (!prefix.empty() && layer.torch_name.starts_with(prefix)));
  }
}

struct Outcome {
  History history;
  StateDict state;
  CacheReport training, validation;
};

struct Case {
  Mode mode = Mode::kAuto;
  HeadKind first = HeadKind::kGlobalAveragePooling;
  std::string trained = {};
  data::Augmentation augmentation = data::Augmentation::kNone;
  int64_t views = 0;
  int64_t epochs = 4;
  at::ScalarType compute = at::kFloat;
  int64_t memory = 1 << 30;
  std::string directory = {};
  int replaced = -1;                                // an image that has become another
  std::function<void(int64_t epoch)> between = {};  // called after each epoch
};

Outcome run(const Case& given) {
  Session session = make_session(given.first);
  train_only(*session.network, given.trained);
  FitOptions options;
  options.batch_size = 8;
  options.epochs = given.epochs;
  options.seed = 4;
  options.threads = 1;
  options.compute = given.compute;
  options.augmentation = given.augmentation;
  options.views = given.views;
  options.cache = {.mode = given.mode, .memory = given.memory, .directory = given.directory};
  Outcome outcome;
  const FitEvents events{.begin =
                             [&](const BeginEvent& event) {
                               outcome.training = event.training_cache;
                               outcome.validation = event.validation_cache;
                             },
                         .batch = {},
                         .epoch =
                             [&](int64_t epoch, const EpochRecord&, bool) {
                               if (given.between) given.between(epoch);
                             }};
  // 21 images: the last batch is smaller, and one image is left out.
  const auto images = photographs(21, 7);
  if (given.replaced >= 0)
    folder.write("image" + std::to_string(given.replaced), drawn::bmp(drawn::busy(41, 41)));
  outcome.history = fit(session, images, photographs(9, -1), kClasses,
                        {.optimizer = {.learning_rate = 1e-3}}, options, events, nullptr);
  outcome.state = session.network->state();
  return outcome;
}

void check_same(const Outcome& a, const Outcome& b) {
  CHECK_EQUAL(a.state.size(), b.state.size());
  for (size_t i = 0; i < a.state.size(); ++i)
    CHECK(at::equal(a.state[i].second, b.state[i].second));
  CHECK_EQUAL(a.history.epochs.size(), b.history.epochs.size());
  for (size_t i = 0; i < a.history.epochs.size(); ++i) {
    CHECK_EQUAL(a.history.epochs[i].training["loss"], b.history.epochs[i].training["loss"]);
    CHECK_EQUAL(a.history.epochs[i].training.images, b.history.epochs[i].training.images);
    CHECK_EQUAL(a.history.epochs[i].validation["loss"], b.history.epochs[i].validation["loss"]);
  }
  CHECK(a.history.evaluation->confusion == b.history.evaluation->confusion);
  CHECK_EQUAL(a.history.unreadable.size(), b.history.unreadable.size());
}

}  // namespace

TEST("head alone, pooled: the same run with kept features and without") {
  for (const at::ScalarType compute : {at::kFloat, at::kBFloat16}) {
    const Outcome off = run({.mode = Mode::kOff, .compute = compute});
    const Outcome on = run({.compute = compute});
    CHECK(off.training.place == Place::kOff && !off.training.reason.empty());
    CHECK(on.training.place == Place::kMemory && on.validation.place == Place::kMemory);
    CHECK_EQUAL(on.training.bytes, 21 * 512 * static_cast<int64_t>(c10::elementSize(compute)));
    check_same(off, on);
  }
}

TEST("at an inner boundary and before a flattening head, too") {
  for (const Case& given : {Case{.trained = "layer4.1"}, Case{.trained = "layer2"},
                            Case{.first = HeadKind::kFlatten}}) {
    Case without = given;
    without.mode = Mode::kOff;
    const Outcome on = run(given);
    CHECK(on.training.place == Place::kMemory);
    check_same(run(without), on);
  }
}

TEST("augmented views are used in turns and kept, each once") {
  Case given{.augmentation = data::Augmentation::kStandard, .views = 2, .epochs = 5};
  const Outcome on = run(given);
  CHECK(on.training.place == Place::kMemory);
  CHECK_EQUAL(on.training.images, 42);
  given.mode = Mode::kOff;
  check_same(run(given), on);
  // With a new view each epoch there is nothing to keep but the validation images.
  const Outcome random = run({.augmentation = data::Augmentation::kStandard, .epochs = 2});
  CHECK(random.training.place == Place::kOff && random.validation.place == Place::kMemory);
}

TEST("beyond the memory's limit a file is used, and the next run finds it") {
  const std::string directory = folder.file("cache");
  const Outcome expected = run({.mode = Mode::kOff});
  const Outcome none = run({.memory = 1000});
  CHECK(none.training.place == Place::kOff);
  check_same(expected, none);
  const Outcome first = run({.memory = 1000, .directory = directory});
  CHECK(first.training.place == Place::kDisk && first.training.found == 0);
  check_same(expected, first);
  const Outcome second = run({.mode = Mode::kDisk, .directory = directory});
  CHECK_EQUAL(second.training.found, 20);
  CHECK_EQUAL(second.validation.found, 9);
  check_same(expected, second);
  CHECK_EQUAL(second.history.unreadable.front().code, first.history.unreadable.front().code);
}

TEST("the key changes with everything that decides the features") {
  data::LoaderOptions loader;
  Session session = make_session(HeadKind::kFlatten);
  const model::Graph& graph = session.network->graph();
  const auto key = [&](const std::string& boundary, at::ScalarType compute,
                       device::Kernels kernels = device::Kernels::kFused) {
    int node = 0;
    while (graph.at(node).names.torch != boundary) ++node;
    return cache_key(network_key(session, node, compute, kernels), loader);
  };
  std::vector<std::string> keys = {key("layer1.1", at::kFloat)};
  CHECK_EQUAL(keys.front(), key("layer1.1", at::kFloat));
  const auto differs = [&](const std::string& found) {
    CHECK(std::find(keys.begin(), keys.end(), found) == keys.end());
    keys.push_back(found);
  };
  differs(key("layer2.0", at::kFloat));
  differs(key("layer1.1", at::kBFloat16));
  differs(key("layer1.1", at::kFloat, device::Kernels::kPlain));
  session.preprocessing.resize += 1;
  differs(key("layer1.1", at::kFloat));
  session.preprocessing.mean[2] += 0.001;
  differs(key("layer1.1", at::kFloat));
  loader.augmentation = data::Augmentation::kFlip;
  loader.views = 2;
  differs(key("layer1.1", at::kFloat));
  loader.seed = 9;
  differs(key("layer1.1", at::kFloat));
  {
    at::NoGradGuard no_grad;
    at::Tensor weight = session.network->weights().at("layer1.1.conv1.weight");
    weight[3][2][0][1].add_(1e-3);
    differs(key("layer1.1", at::kFloat));
    // Above the boundary nothing counts.
    const std::string before = key("layer1.0", at::kFloat);
    weight[3][2][0][1].add_(1e-3);
    CHECK_EQUAL(before, key("layer1.0", at::kFloat));
  }
}

TEST(
    "of an image that was replaced under its name the features are computed anew, and of it "
    "alone") {
  Case given{.mode = Mode::kDisk, .directory = folder.file("replaced")};
  run(given);
  given.replaced = 5;
  const Outcome second = run(given);
  CHECK_EQUAL(second.training.found, 19);  // 21 less the damaged and the other one
  check_same(run({.mode = Mode::kOff, .replaced = 5}), second);
  CHECK_EQUAL(run(given).training.found, 20);
}

TEST("a file that is cut, zeroed or removed while a run uses it changes nothing") {
  const Outcome expected = run({.mode = Mode::kOff});
  Case given{.mode = Mode::kDisk, .directory = folder.file("cut")};
  const std::string file = folder.file("cut/train.features");
  given.between = [&](int64_t epoch) {
    if (epoch == 0) std::filesystem::resize_file(file, 9000);
    if (epoch == 1) std::filesystem::resize_file(file, 0);
    if (epoch == 2) std::filesystem::remove(file);
  };
  check_same(expected, run(given));
}

TEST("every region of the file, damaged between two runs, leaves the second run as it is") {
  const Outcome expected = run({.mode = Mode::kOff, .epochs = 2});
  const std::string directory = folder.file("regions"), file = directory + "/train.features";
  // A byte of the header, of the first entry (digest, state, checksums), and of the first row.
  for (const int64_t place : {0, 20, 90, 4096, 4096 + 40, 4096 + 48, 4096 + 56, 8192 + 1000}) {
    const Case given{.mode = Mode::kDisk, .epochs = 2, .directory = directory};
    run(given);
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekg(place);
    const char flipped = static_cast<char>(bytes.get() ^ 3);
    bytes.seekp(place);
    bytes.put(flipped);
    bytes.close();
    check_same(expected, run(given));
  }
}

TEST("an image that is gone when its damaged row is computed again is left out") {
  Case given{.mode = Mode::kDisk, .directory = folder.file("gone")};
  const std::string image = folder.file("image3");
  given.between = [&](int64_t epoch) {
    if (epoch != 0) return;
    std::filesystem::resize_file(folder.file("gone/train.features"), 0);
    std::filesystem::remove(image);
  };
  const Outcome outcome = run(given);
  CHECK_EQUAL(outcome.history.epochs[0].training.images, 20);
  CHECK_EQUAL(outcome.history.epochs[1].training.images, 19);
  CHECK_EQUAL(outcome.history.epochs[3].training.images, 19);
  CHECK_EQUAL(outcome.history.unreadable.size(), 2u);
}

TEST("where a file cannot be had, features are kept in memory, or not at all, and it is said") {
  const Outcome expected = run({.mode = Mode::kOff});
  folder.write("no-folder", {1});
  Case given{.mode = Mode::kDisk, .directory = folder.file("no-folder/cache")};
  Outcome outcome = run(given);
  CHECK(outcome.training.place == Place::kMemory && outcome.training.file.empty());
  CHECK(outcome.training.reason.find("cannot be written") != std::string::npos);
  check_same(expected, outcome);
  given.memory = 1000;
  outcome = run(given);
  CHECK(outcome.training.place == Place::kOff);
  CHECK(outcome.training.reason.find("cannot be written") != std::string::npos);
  check_same(expected, outcome);
  // Another run has it open.
  const std::string shared = folder.file("shared");
  std::filesystem::create_directories(shared);
  const CacheFile other(shared + "/train.features", "another", 3, 8);
  outcome = run({.mode = Mode::kDisk, .directory = shared});
  CHECK(outcome.training.place == Place::kMemory && outcome.validation.place == Place::kDisk);
  CHECK(outcome.training.reason.find("Another run uses") != std::string::npos);
  check_same(expected, outcome);
}

TEST_MAIN()
