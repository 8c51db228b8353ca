// Runs end in the weights that they always ended in, bit for bit.
//
// Bits differ between generations of processors and versions of libtorch, so the table beside this
// file has a section for each machine that has been seen. What the table does not know is said, not
// passed over in silence: the other tests of this file hold everywhere. `THAW_HASHES=print
// train_hashes_test` prints the section of the machine that it runs on.
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/util/hash.h>
#include <torch/csrc/api/include/torch/version.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>

#include "check.h"
#include "drawn.h"
#include "engine/train/fit.h"

using namespace thaw;
using namespace thaw::train;
using namespace thaw::features;
using namespace thaw::session;
using model::Activation, model::HeadKind, model::HeadLayer, model::Variant;

namespace {

constexpr int64_t kClasses = 3;
const drawn::Folder folder;

struct Case {
  const char* name;
  const char* architecture;
  Variant variant;
  const char* trained;  // the beginning of a module's name; "-": the head alone
  at::ScalarType compute;
  void (*change)(TrainingOptions&, FitOptions&) = nullptr;
  bool deep_head = false;
};

const std::vector<Case> kCases = {
    {"head", "resnet18", Variant::kTorchvision, "-", at::kFloat},
    {"head-bfloat16", "resnet50", Variant::kTorchvision, "-", at::kBFloat16},
    {"head-keras", "resnet50", Variant::kKeras, "-", at::kFloat},
    {"head-deep", "resnet18", Variant::kTorchvision, "-", at::kFloat,
     [](TrainingOptions& training, FitOptions&) {
       training.loss.label_smoothing = 0.1;
       training.schedule = {.kind = ScheduleKind::kCosine, .warmup_epochs = 1, .epochs = 2};
     },
     true},
    {"inner", "resnet18", Variant::kTorchvision, "layer4.1", at::kFloat},
    {"inner-bfloat16", "resnet50", Variant::kTorchvision, "layer4.2", at::kBFloat16},
    {"inner-keras", "resnet50", Variant::kKeras, "layer4.1", at::kFloat,
     [](TrainingOptions& training, FitOptions&) { training.optimizer.epsilon_hat = true; }},
    {"inner-keras-bfloat16", "resnet50", Variant::kKeras, "layer4.1", at::kBFloat16},
    {"everything", "resnet18", Variant::kTorchvision, "", at::kFloat,
     [](TrainingOptions& training, FitOptions& options) {
       training.optimizer = {
           .kind = OptimizerKind::kAdamW, .learning_rate = 1e-3, .weight_decay = 0.01};
       training.loss.class_weights = {1, 2, 0.5};
       options.clip_norm = 0.5;
     }},
    {"everything-bfloat16", "resnet50", Variant::kTorchvision, "", at::kBFloat16},
    {"everything-keras", "resnet50", Variant::kKeras, "", at::kFloat},
    {"accumulation", "resnet18", Variant::kTorchvision, "layer4.1", at::kFloat,
     [](TrainingOptions& training, FitOptions& options) {
       training.optimizer = {.kind = OptimizerKind::kSgd,
                             .learning_rate = 0.01,
                             .weight_decay = 1e-4,
                             .momentum = 0.9,
                             .nesterov = true};
       options.batch_size = 4;
       options.accumulation_steps = 2;
     }},
    {"views", "resnet18", Variant::kTorchvision, "-", at::kFloat,
     [](TrainingOptions&, FitOptions& options) {
       options.augmentation = data::Augmentation::kStandard;
       options.views = 2;
       options.epochs = 4;
     }},
    {"views-inner", "resnet18", Variant::kTorchvision, "layer4.1", at::kBFloat16,
     [](TrainingOptions&, FitOptions& options) {
       options.augmentation = data::Augmentation::kStandard;
       options.views = 2;
       options.epochs = 4;
     }},
    {"augmented", "resnet50", Variant::kKeras, "layer4.2", at::kFloat,
     [](TrainingOptions&, FitOptions& options) {
       options.augmentation = data::Augmentation::kFlip;
     }},
};

// A colour a class, and a pattern that shows what is mirrored or moved.
std::shared_ptr<const data::Dataset> images(int64_t count, int64_t first) {
  auto dataset = std::make_shared<data::Dataset>();
  std::vector<at::Tensor> pixels;
  for (int64_t i = first; i < first + count; ++i) {
    at::Tensor image = drawn::busy(56, 48).div(4, "floor");
    image.add_(drawn::smooth(56, 48).div(4, "floor"));
    image.select(2, i % kClasses).add_(60 + i % 7);
    pixels.push_back(image);
    dataset->labels.push_back(i % kClasses);
  }
  dataset->pixels = at::stack(pixels);
  return dataset;
}

Session make_session(const Case& given) {
  std::vector<HeadLayer> head = {{.kind = HeadKind::kGlobalAveragePooling, .name = "pool"},
                                 {.kind = HeadKind::kDropout, .name = "dropout", .rate = 0.3},
                                 {.kind = HeadKind::kDense, .name = "dense", .units = kClasses}};
  if (given.deep_head) {
    head = {
        {.kind = HeadKind::kFlatten, .name = "flatten"},
        {.kind = HeadKind::kDense, .name = "dense", .units = 16, .activation = Activation::kRelu},
        {.kind = HeadKind::kBatchNormalization, .name = "norm"},
        {.kind = HeadKind::kDropout, .name = "dropout", .rate = 0.3},
        {.kind = HeadKind::kDense, .name = "dense_1", .units = kClasses}};
  }
  Session session;
  session.backend = device::make_backend("cpu");
  session.preprocessing.height = 48;
  session.preprocessing.width = 40;
  session.preprocessing.resize = 48;
  session.network =
      std::make_shared<model::Network>(model::find_architecture(given.architecture, given.variant),
                                       model::InputShape{48, 40}, head, 1);
  for (size_t i = 0; i < session.network->layers().size(); ++i) {
    const model::Layer& layer = session.network->layers()[i];
    session.network->set_trainable(i, layer.head || layer.torch_name.starts_with(given.trained));
  }
  return session;
}

std::string hash_of(const StateDict& state) {
  std::string bytes;
  for (const auto& [name, tensor] : state) {
    const at::Tensor values = tensor.contiguous();
    bytes += name;
    bytes.append(static_cast<const char*>(values.const_data_ptr()), values.nbytes());
  }
  return c10::sha1(bytes).str();
}

using Change = std::function<void(FitOptions&)>;

void run_once(const Case& given, Session& session, const Change& change,
              const FitEvents& events = {}, const Control* control = nullptr,
              TrainingState state = {}, int calls = 1) {
  TrainingOptions training{.optimizer = {.learning_rate = 1e-3}};
  FitOptions options;
  options.batch_size = 8;
  options.epochs = 2;
  options.seed = 5;
  options.threads = 1;
  options.compute = given.compute;
  if (given.change) given.change(training, options);
  if (change) change(options);
  // Whole batches, and a last one that is smaller where nothing is accumulated.
  const int64_t count = options.accumulation_steps > 1 ? 16 : 12;
  const int64_t epochs = options.epochs;
  for (int call = 0; call < calls; ++call) {
    options.initial_epoch = call * epochs / calls;
    options.epochs = (call + 1) * epochs / calls;
    fit(session, state, images(count, 0), images(5, 100), kClasses, training, options, events,
        control);
  }
}

std::string run(const Case& given, const Change& change = {}) {
  Session session = make_session(given);
  run_once(given, session, change);
  return hash_of(session.network->state());
}

const std::string& usual(const Case& given) {
  static std::map<std::string, std::string> known;
  std::string& hash = known[given.name];
  if (hash.empty()) hash = run(given);
  return hash;
}

// What decides the bits, as far as it can be known.
std::string machine() {
  std::map<std::string, std::string> facts;
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line) && !line.empty();) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos || colon + 2 > line.size()) continue;
    facts.emplace(line.substr(0, line.find_last_not_of(" \t", colon - 1) + 1),
                  line.substr(colon + 2));
  }
  std::string sets;  // that kernels are chosen by
  std::istringstream flags(facts["flags"]);
  for (std::string flag; flags >> flag;) {
    if (flag.starts_with("avx") || flag.starts_with("amx") || flag == "fma") sets += " " + flag;
  }
  return std::string("libtorch ") + TORCH_VERSION + ", " + at::get_cpu_capability() + ", " +
         facts["vendor_id"] + " family " + facts["cpu family"] + " model " + facts["model"] +
         ", compiler " + __VERSION__ + "," + sets;
}

// Sections of "[machine]", then "name hash" a line.
std::map<std::string, std::string> table_of(const std::string& wanted) {
  std::map<std::string, std::string> hashes;
  std::ifstream file(HASHES_TABLE);
  bool here = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('[')) here = line == "[" + wanted + "]";
    const size_t space = line.find(' ');
    if (here && !line.starts_with('[') && space != std::string::npos)
      hashes[line.substr(0, space)] = line.substr(space + 1);
  }
  return hashes;
}

}  // namespace

TEST("the hashes of this machine's section") {
  const std::map<std::string, std::string> expected = table_of(machine());
  if (expected.empty()) {
    std::printf("  NOT COMPARED: %s has no section for\n  [%s]\n", HASHES_TABLE, machine().c_str());
    return;
  }
  CHECK_EQUAL(expected.size(), kCases.size());
  for (const Case& given : kCases) {
    const auto entry = expected.find(given.name);
    const std::string known = entry == expected.end() ? "missing" : entry->second;
    if (usual(given) != known)
      check::fail(__FILE__, __LINE__, given.name + (" is " + usual(given)) + ", not " + known);
  }
}

TEST("decoding threads and kept features change no bit") {
  for (const Case& given : kCases) {
    const std::string other = run(given, [](FitOptions& options) {
      options.threads = 3;
      options.cache.mode = CacheOptions::Mode::kOff;
    });
    if (other != usual(given)) check::fail(__FILE__, __LINE__, given.name);
  }
}

TEST("neither does an interruption") {
  for (const Case& given : kCases) {
    const auto with_checkpoint = [&](FitOptions& options) {
      options.checkpoint.directory = folder.file(given.name);
      options.checkpoint.resume = true;
    };
    Control control;
    const FitEvents events{.begin = {},
                           .batch = {},
                           .epoch = [&](int64_t, const EpochRecord&, bool) { control.stop(); }};
    Session first = make_session(given);
    CHECK_THROWS(run_once(given, first, with_checkpoint, events, &control), "ERR_ABORTED");
    Session second = make_session(given);
    run_once(given, second, with_checkpoint);
    if (hash_of(second.network->state()) != usual(given))
      check::fail(__FILE__, __LINE__, given.name);
  }
}

TEST("nor do several calls of fit() in place of one") {
  for (const Case& given : kCases) {
    Session session = make_session(given);
    run_once(given, session, {}, {}, nullptr, {}, 2);
    if (hash_of(session.network->state()) != usual(given))
      check::fail(__FILE__, __LINE__, given.name);
  }
}

TEST("another seed ends in other weights") {
  const Case& given = kCases.front();
  CHECK(run(given, [](FitOptions& options) { ++options.seed; }) != usual(given));
}

int main() {
  // With more, oneDNN cuts its sums by their number: other bits, and all the tests of a busy
  // machine wait for each other.
  at::set_num_threads(1);
  const char* wish = std::getenv("THAW_HASHES");
  if (!wish) return check::run_all();
  if (std::string(wish) != "print") {
    std::cerr << "THAW_HASHES is 'print' or not set.\n";
    return 1;
  }
  std::cout << '[' << machine() << "]\n";
  for (const Case& given : kCases) std::cout << given.name << ' ' << usual(given) << std::endl;
  return 0;
}
