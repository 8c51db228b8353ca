#include "engine/train/checkpoint_store.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>

#include "engine/error.h"
#include "engine/files/folder.h"
#include "engine/weights/safetensors.h"

namespace thaw::train {
namespace {

constexpr size_t kKept = 2;
constexpr const char* kEnding = ".safetensors";
constexpr const char* kFrozenDigest = "frozen";

bool is_number(const std::string& text) {
  return !text.empty() && text.size() <= 18 &&
         text.find_first_not_of("0123456789") == std::string::npos;
}

// What reading a file gives, or why it cannot be used; an error of the machine goes on.
template <typename Read>
auto read_if_good(const std::string& path, std::vector<std::string>& damaged, const Read& read)
    -> std::optional<decltype(read(path))> {
  try {
    return read(path);
  } catch (const Error& error) {
    if (error.code() != "ERR_WEIGHTS_FORMAT") throw;
    damaged.emplace_back(error.what());
    return std::nullopt;
  }
}

}  // namespace

std::vector<CheckpointStore::Numbered> CheckpointStore::files() const {
  std::vector<Numbered> found;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(directory_, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::filesystem::path& path = entry->path();
    if (path.extension() == kEnding && is_number(path.stem()))
      found.push_back({std::stoll(path.stem()), path.string()});
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    fail("ERR_IO", "The checkpoints in ", directory_, " cannot be listed: ", error.message(), ".");
  }
  std::sort(found.begin(), found.end(),
            [](const Numbered& a, const Numbered& b) { return a.number > b.number; });
  return found;
}

bool CheckpointStore::exists() const { return std::filesystem::is_directory(directory_); }

std::string CheckpointStore::frozen_path() const {
  return (std::filesystem::path(directory_) / (std::string("frozen") + kEnding)).string();
}

void CheckpointStore::make_folder() const {
  const std::error_code error = make_folders(directory_);
  if (error) fail("ERR_IO", "The folder ", directory_, " cannot be made: ", error.message(), ".");
}

std::optional<CheckpointStore::Found> CheckpointStore::newest() {
  std::vector<std::string> damaged;
  for (const auto& [number, path] : files()) {
    std::optional<CheckpointFile> file = read_if_good(path, damaged, read_checkpoint);
    if (!file) continue;
    good_ = {path};
    return Found{.file = std::move(*file), .path = path, .damaged = std::move(damaged)};
  }
  if (damaged.empty()) return std::nullopt;
  std::string all;
  for (const std::string& sentence : damaged) all += " " + sentence;
  fail("ERR_CHECKPOINT_DAMAGED", "No checkpoint in ", directory_,
       " can be used; without resuming, the run starts anew.", all);
}

void CheckpointStore::clear() {
  for (const auto& [number, path] : files()) {
    std::error_code error;
    std::filesystem::remove(path, error);
    if (error)
      fail("ERR_IO", "The checkpoint ", path,
           " of an earlier run cannot be removed: ", error.message(), ".");
  }
  good_.clear();
}

void CheckpointStore::write(const Fingerprint& run, const Metadata& description,
                            const Checkpoint& checkpoint) {
  make_folder();
  const std::vector<Numbered> before = files();
  if (next_ < 0) next_ = before.empty() ? 1 : before.front().number + 1;
  char name[24];
  std::snprintf(name, sizeof name, "%08lld", static_cast<long long>(next_));
  const std::string path =
      (std::filesystem::path(directory_) / (name + std::string(kEnding))).string();
  write_checkpoint(path, run, description, checkpoint);
  ++next_;
  good_.push_back(path);
  if (good_.size() > kKept) good_.erase(good_.begin());
  // Damaged ones among them; one that stays costs nothing but room.
  for (const auto& [number, old] : before) {
    std::error_code ignored;
    if (std::find(good_.begin(), good_.end(), old) == good_.end())
      std::filesystem::remove(old, ignored);
  }
}

void CheckpointStore::write_frozen(const StateDict& tensors, const std::string& digest) {
  if (tensors.empty()) return;
  make_folder();
  const std::string path = frozen_path();
  std::vector<std::string> damaged;
  if (std::filesystem::exists(path)) {
    const auto file = read_if_good(
        path, damaged, [](const std::string& from) { return weights::read_safetensors(from); });
    if (file && file->checked && file->metadata.contains(kFrozenDigest) &&
        file->metadata.at(kFrozenDigest) == digest)
      return;
  }
  weights::write_safetensors(path, tensors, {{kFrozenDigest, digest}});
}

CheckpointStore::Model CheckpointStore::model() {
  std::optional<Found> found = newest();
  if (!found) fail("ERR_WEIGHTS_NOT_FOUND", "There is no checkpoint in ", directory_, ".");
  Checkpoint& checkpoint = found->file.checkpoint;
  Model model{.file = {.format = "checkpoint",
                       .tensors = {},
                       .metadata = std::move(found->file.description)},
              .best = !checkpoint.best.empty(),
              .epoch = checkpoint.epoch,
              .batch = checkpoint.batch,
              .damaged = std::move(found->damaged)};
  if (model.best) {
    model.epoch = checkpoint.best_epoch;
    model.batch = 0;
  }
  model.file.tensors = std::move(model.best ? checkpoint.best : checkpoint.model);
  const std::string wanted = frozen_digest(found->file.run);
  if (wanted == frozen_digest_of_none()) return model;
  weights::WeightsFile frozen;
  try {
    frozen = weights::read_safetensors(frozen_path());
  } catch (const Error& error) {
    fail("ERR_CHECKPOINT_DAMAGED", "The frozen layers of the checkpoint in ", directory_,
         " cannot be read: ", error.what());
  }
  if (frozen.metadata[kFrozenDigest] != wanted)
    fail("ERR_CHECKPOINT_DAMAGED", frozen_path(),
         " is of another run than the checkpoint beside it.");
  for (auto& entry : frozen.tensors) model.file.tensors.push_back(std::move(entry));
  return model;
}

}  // namespace thaw::train
