#include "run.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <thread>

#include <ATen/Parallel.h>

#include "../engine/drawn.h"
#include "engine/error.h"
#include "engine/files/atomic_file.h"
#include "engine/reason.h"
#include "engine/train/checkpoint_store.h"
#include "engine/train/fit.h"
#include "engine/weights/safetensors.h"

namespace prove {
namespace {

using namespace thaw;
using namespace thaw::train;
using features::CacheOptions;
using model::Activation, model::HeadKind;

constexpr int64_t kSide = 32, kClasses = 3, kImages = 12, kValidation = 6;

struct Setting {
  const char* name;
  const char* trained;  // of the backbone, the layers whose names begin so
  OptimizerKind optimizer;
  data::Augmentation augmentation;
  int64_t views;
  CacheOptions::Mode cache;
  bool stops_early;
  int64_t accumulation;
  ScheduleKind schedule;
  double every;  // seconds from checkpoint to checkpoint
};

constexpr Setting kAll[kSettings] = {
    {"augmented", "layer1.0.conv3", OptimizerKind::kAdam, data::Augmentation::kStandard, 0,
     CacheOptions::Mode::kOff, true, 2, ScheduleKind::kConstant, 1e-9},
    {"features in a file", "-", OptimizerKind::kAdam, data::Augmentation::kFlip, 2,
     CacheOptions::Mode::kDisk, true, 1, ScheduleKind::kCosine, 0.003},
    {"features in memory", "layer1.0.bn3", OptimizerKind::kSgd, data::Augmentation::kNone, 0,
     CacheOptions::Mode::kAuto, false, 3, ScheduleKind::kStep, 0},
};

// ResNet's first convolution and one narrow block: small enough to be trained in milliseconds.
const model::Architecture kNetwork{"narrow",
                                   {.bottleneck = true, .depths = {1, 0, 0, 0}, .width = 8}};

std::vector<model::HeadLayer> head() {
  return {{.kind = HeadKind::kGlobalAveragePooling, .name = "pool"},
          {.kind = HeadKind::kDense, .name = "dense", .units = 8, .activation = Activation::kRelu},
          {.kind = HeadKind::kDropout, .name = "dropout", .rate = 0.2},
          {.kind = HeadKind::kBatchNormalization, .name = "norm"},
          {.kind = HeadKind::kDense, .name = "dense_1", .units = kClasses}};
}

std::shared_ptr<data::Dataset> images(int64_t count, int64_t first) {
  auto dataset = std::make_shared<data::Dataset>();
  std::vector<at::Tensor> pixels;
  for (int64_t i = 0; i < count; ++i) {
    pixels.push_back(
        drawn::busy(kSide + 4, kSide + 8).bitwise_xor(static_cast<int>((first + i) * 11)));
    dataset->labels.push_back(i % kClasses);
  }
  dataset->pixels = at::stack(pixels);
  return dataset;
}

std::string read(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// All but what time was spent.
std::string text(const History& history) {
  std::string text;
  char buffer[64];
  const auto add = [&](const std::string& name, double value) {
    std::snprintf(buffer, sizeof buffer, " %a\n", value);
    text += name + buffer;
  };
  for (const EpochRecord& record : history.epochs) {
    auto visit = [&](const std::string& name, const auto& value, Field = Field::kPlain) {
      if (name != "epochSeconds" && name != "imagesPerSecond")
        add(name, static_cast<double>(value));
    };
    fields(visit, record);
  }
  add("bestEpoch", static_cast<double>(history.best_epoch));
  add("stoppedEarly", history.stopped_early);
  add("skipped", static_cast<double>(history.unreadable.size()));
  if (history.evaluation) {
    for (const auto& [metric, mean] : history.evaluation->values.means) add(metric->name, mean);
    for (const int64_t count : history.evaluation->confusion)
      add("confusion", static_cast<double>(count));
  }
  return text;
}

}  // namespace

struct Zygote::Drawn {
  std::vector<session::Session> sessions;
  std::shared_ptr<data::Dataset> dataset, validation;
};

const char* name_of_setting(int setting) { return kAll[setting].name; }

std::string Outcome::text() const {
  if (killed) return "was killed";
  if (signal) return "ended by signal " + std::to_string(signal) + " (" + strsignal(signal) + ")";
  return "exit " + std::to_string(exit);
}

Zygote::Zygote(std::string folder) : folder_(std::move(folder)), drawn_(std::make_unique<Drawn>()) {
  std::filesystem::create_directories(folder_);
  told_ = static_cast<Told*>(
      mmap(nullptr, sizeof(Told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  at::set_num_threads(1);
  for (const Setting& setting : kAll) {
    session::Session session;
    session.backend = device::make_backend("cpu");
    session.preprocessing = {.height = kSide, .width = kSide, .resize = kSide};
    session.network =
        std::make_shared<model::Network>(kNetwork, model::InputShape{kSide, kSide}, head(),
                                         /*seed=*/1);
    const auto& layers = session.network->layers();
    for (size_t i = 0; i < layers.size(); ++i)
      session.network->set_trainable(
          i, layers[i].head || layers[i].torch_name.starts_with(setting.trained));
    drawn_->sessions.push_back(std::move(session));
  }
  drawn_->dataset = images(kImages, 0);
  drawn_->validation = images(kValidation, kImages);
}

Zygote::~Zygote() { munmap(told_, sizeof(Told)); }

void Zygote::train(int number, const std::string& folder) {
  const Setting& setting = kAll[number];
  session::Session& session = drawn_->sessions[static_cast<size_t>(number)];
  TrainingOptions training;
  training.optimizer.kind = setting.optimizer;
  training.optimizer.learning_rate = 0.01;
  training.optimizer.momentum = 0.9;
  training.metrics = {"top5"};
  training.schedule.kind = setting.schedule;
  FitOptions options;
  options.epochs = 5;
  options.batch_size = 3;
  options.threads = 1;
  options.seed = 7;
  options.augmentation = setting.augmentation;
  options.views = setting.views;
  options.cache.mode = setting.cache;
  options.cache.directory = folder + "/cache";
  options.accumulation_steps = setting.accumulation;
  options.clip_norm = 1;
  if (setting.stops_early) options.early_stopping = EarlyStopping{.patience = 2};
  options.checkpoint.directory = folder + "/checkpoint";
  options.checkpoint.resume = true;
  options.checkpoint.every = setting.every;
  FitEvents events;
  events.begin = [this](const BeginEvent& event) {
    told_->start = place(event.start_epoch, event.start_batch);
    told_->began = true;
  };
  const History history = fit(session, drawn_->dataset, drawn_->validation, kClasses, training,
                              options, events, nullptr);
  write_file_atomically(folder + "/history.txt", text(history));
  weights::write_safetensors(folder + "/model.safetensors", session.network->state(), {});
}

std::string text_of(int64_t place) {
  return "epoch " + std::to_string(place / 1000 + 1) + ", batch " +
         std::to_string(place % 1000 + 1);
}

std::optional<int64_t> saved_place(const std::string& folder) {
  const auto found = CheckpointStore(folder + "/checkpoint").newest();
  if (!found) return {};
  return place(found->file.checkpoint.epoch, found->file.checkpoint.batch);
}

std::string Zygote::said() const { return read(folder_ + "/said"); }

Outcome Zygote::run(int setting, const std::string& folder, Plan plan, int64_t microseconds) {
  std::filesystem::create_directories(folder);
  new (told_) Told{};
  told_->struck = Op::kNone;
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)!freopen((folder_ + "/said").c_str(), "w", stderr);
    int status = 2;
    plan.folder = folder.c_str();
    plan.struck = &told_->struck;
    set_plan(plan);
    try {
      train(setting, folder);
      told_->ended = true;
      status = 0;
    } catch (const thaw::Error& error) {
      std::snprintf(told_->code, sizeof told_->code, "%s", error.code().c_str());
      std::snprintf(told_->message, sizeof told_->message, "%s", error.what());
      status = 1;
    } catch (const std::exception& error) {
      std::snprintf(told_->code, sizeof told_->code, "%s", typeid(error).name());
      std::snprintf(told_->message, sizeof told_->message, "%s", reason(error).c_str());
      status = 1;
    }
    told_->seen = seen();
    _exit(status);
  }
  return wait(child, microseconds);
}

Outcome Zygote::wait(int child, int64_t microseconds) {
  const auto start = std::chrono::steady_clock::now();
  if (microseconds > 0) {
    std::this_thread::sleep_for(std::chrono::microseconds(microseconds));
    ::kill(child, SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  microseconds_ = std::chrono::duration_cast<std::chrono::microseconds>(
                      std::chrono::steady_clock::now() - start)
                      .count();
  Outcome outcome;
  if (WIFSIGNALED(status)) {
    outcome.signal = WTERMSIG(status);
    outcome.killed = outcome.signal == SIGKILL;
  } else {
    outcome.exit = WEXITSTATUS(status);
  }
  return outcome;
}

Expected expected(Zygote& zygote, int setting) {
  Expected expected;
  const std::string folder = zygote.folder("uninterrupted");
  std::vector<int64_t> times;
  for (int i = 0; i < 3; ++i) {
    std::filesystem::remove_all(folder);
    const Outcome outcome = zygote.run(setting, folder);
    if (!outcome.ended())
      throw std::runtime_error("An uninterrupted run " + outcome.text() + ": " +
                               zygote.told().message);
    times.push_back(zygote.microseconds());
    if (i == 0) {
      expected.model = read(folder + "/model.safetensors");
      expected.history = read(folder + "/history.txt");
      for (const auto& [path, bytes] : read_image(folder)) expected.names.insert(path);
    } else if (const auto wrong = difference(expected, folder)) {
      throw std::runtime_error("Two uninterrupted runs differ: " + *wrong);
    }
  }
  std::sort(times.begin(), times.end());
  expected.microseconds = times[1];
  return expected;
}

std::optional<std::string> difference(const Expected& expected, const std::string& folder) {
  if (read(folder + "/history.txt") != expected.history) return "another history";
  if (read(folder + "/model.safetensors") != expected.model) return "another model";
  for (const auto& [path, bytes] : read_image(folder)) {
    if (path.ends_with(".part")) return path + " is left behind";
  }
  return {};
}

std::optional<std::string> torn(const Expected& expected, const std::string& folder) {
  const auto whole = [&](const char* name, const std::string& wanted) {
    const std::string path = folder + "/" + name;
    return !std::filesystem::exists(path) || read(path) == wanted;
  };
  if (!whole("history.txt", expected.history)) return "a history that is not whole";
  if (!whole("model.safetensors", expected.model)) return "a model that is not whole";
  return {};
}

}  // namespace prove
