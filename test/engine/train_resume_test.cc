// What a run that was stopped, or damaged, goes on from.
#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "check.h"
#include "engine/files/digest.h"
#include "engine/train/checkpoint_store.h"
#include "small_run.h"

using namespace small_run;
using namespace thaw::features;

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
