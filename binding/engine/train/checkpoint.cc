#include "engine/train/checkpoint.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <unordered_map>

#include "engine/error.h"
#include "engine/weights/safetensors.h"

namespace thaw::train {
namespace {

constexpr const char* kFormat = "thaw-checkpoint-3";
constexpr const char* kRun = "run.";          // before the fingerprint's names
constexpr const char* kHistory = "history.";  // before the records' names

std::string file_in(const std::string& directory) {
  return (std::filesystem::path(directory) / "checkpoint.safetensors").string();
}

// One number an epoch, by the names of the records' fields.
using Columns = std::map<std::string, std::vector<double>>;

Columns columns_of(const std::vector<EpochRecord>& epochs) {
  Columns columns;
  for (const EpochRecord& record : epochs) {
    auto add = [&](const char* name, const auto& value, Field = Field::kPlain) {
      columns[name].push_back(static_cast<double>(value));
    };
    fields(add, record);
  }
  return columns;
}

std::vector<EpochRecord> records_of(const Columns& columns, size_t epochs) {
  std::vector<EpochRecord> records(epochs);
  const auto has = [&](const std::string& name) { return columns.contains(name); };
  for (size_t i = 0; i < epochs; ++i) {
    EpochRecord& record = records[i];
    auto restore = [&](const char* name, auto& value, Field = Field::kPlain) {
      value = static_cast<std::remove_reference_t<decltype(value)>>(columns.at(name)[i]);
    };
    figures(restore, record);
    for (const Metric& metric : all_metrics()) {
      if (has(metric.name)) record.training.means.emplace_back(&metric, columns.at(metric.name)[i]);
      if (has(metric.validation_name()))
        record.validation.means.emplace_back(&metric, columns.at(metric.validation_name())[i]);
    }
  }
  return records;
}

void append(StateDict& to, const char* prefix, const StateDict& from) {
  for (const auto& [name, tensor] : from)
    to.emplace_back(prefix + name, tensor.to(at::kCPU).contiguous());
}

}  // namespace

void save_checkpoint(const std::string& directory, const Fingerprint& fingerprint,
                     const Checkpoint& checkpoint) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) fail("ERR_IO", "The folder ", directory, " cannot be made: ", error.message(), ".");
  StateDict all;
  append(all, "model.", checkpoint.model);
  append(all, "optimizer.", checkpoint.optimizer);
  append(all, "best.", checkpoint.best);
  all.emplace_back("progress.counters",
                   at::tensor({checkpoint.epoch, checkpoint.batch, checkpoint.best_epoch,
                               checkpoint.epochs_before, checkpoint.batches_before},
                              at::kLong));
  all.emplace_back("progress.values", at::tensor({checkpoint.training_seconds,
                                                  checkpoint.best_value, checkpoint.learning_rate},
                                                 at::kDouble));
  if (checkpoint.metric_sums.defined()) all.emplace_back("progress.sums", checkpoint.metric_sums);
  for (const auto& [name, column] : columns_of(checkpoint.epochs))
    all.emplace_back(kHistory + name, at::tensor(column, at::kDouble));
  Metadata metadata = {{"format", kFormat}};
  for (const auto& [name, text] : fingerprint) metadata[kRun + name] = text;
  weights::write_safetensors(file_in(directory), all, metadata);
}

std::optional<Checkpoint> load_checkpoint(const std::string& directory,
                                          const Fingerprint& fingerprint) {
  const std::string path = file_in(directory);
  if (!std::filesystem::exists(path)) return std::nullopt;
  const weights::WeightsFile file = weights::read_safetensors(path);
  const auto format = file.metadata.find("format");
  if (format == file.metadata.end() || format->second != kFormat)
    fail("ERR_WEIGHTS_FORMAT", path, " is not a checkpoint of this version of thaw.");
  const auto rest_of = [](const std::string& name,
                          const char* prefix) -> std::optional<std::string> {
    if (!name.starts_with(prefix)) return std::nullopt;
    return name.substr(std::string_view(prefix).size());
  };
  Fingerprint found;
  for (const auto& [name, text] : file.metadata) {
    if (const auto rest = rest_of(name, kRun)) found[*rest] = text;
  }
  if (found != fingerprint) {
    fail("ERR_CHECKPOINT_MISMATCH", "The checkpoint in ", directory,
         " is of another run: ", difference(found, fingerprint),
         ". Use the same data, weights and settings, or another "
         "folder.");
  }
  Checkpoint checkpoint;
  std::map<std::string, at::Tensor> progress;
  Columns columns;
  for (const auto& [name, tensor] : file.tensors) {
    if (const auto rest = rest_of(name, "model.")) checkpoint.model.emplace_back(*rest, tensor);
    if (const auto rest = rest_of(name, "optimizer."))
      checkpoint.optimizer.emplace_back(*rest, tensor);
    if (const auto rest = rest_of(name, "best.")) checkpoint.best.emplace_back(*rest, tensor);
    if (const auto rest = rest_of(name, "progress.")) progress[*rest] = tensor;
    if (const auto rest = rest_of(name, kHistory)) {
      const at::Tensor values = tensor.to(at::kDouble).contiguous();
      const double* first = values.const_data_ptr<double>();
      columns[*rest].assign(first, first + values.numel());
    }
  }
  const at::Tensor counters = progress["counters"], values = progress["values"];
  if (!counters.defined() || counters.numel() != 5 || !values.defined() || values.numel() != 3)
    fail("ERR_WEIGHTS_FORMAT", path, " is damaged: its progress is incomplete.");
  checkpoint.epoch = counters[0].item<int64_t>();
  checkpoint.batch = counters[1].item<int64_t>();
  checkpoint.best_epoch = counters[2].item<int64_t>();
  checkpoint.epochs_before = counters[3].item<int64_t>();
  checkpoint.batches_before = counters[4].item<int64_t>();
  checkpoint.training_seconds = values[0].item<double>();
  checkpoint.best_value = values[1].item<double>();
  checkpoint.learning_rate = values[2].item<double>();
  checkpoint.metric_sums = progress["sums"];
  const auto whole = [&](const auto& column) {
    return static_cast<int64_t>(column.second.size()) == checkpoint.epoch;
  };
  if (columns.empty() != (checkpoint.epoch == 0) ||
      !std::all_of(columns.begin(), columns.end(), whole))
    fail("ERR_WEIGHTS_FORMAT", path, " is damaged: its history is incomplete.");
  checkpoint.epochs = records_of(columns, static_cast<size_t>(checkpoint.epoch));
  return checkpoint;
}

StateDict trainable_state(model::Network& network) {
  StateDict state;
  for (const model::Network::Named& named : network.named_tensors()) {
    if (named.trainable)
      state.emplace_back(named.name, named.tensor->detach().to(at::kCPU).clone());
  }
  return state;
}

void restore_state(model::Network& network, const StateDict& state) {
  std::unordered_map<std::string, const at::Tensor*> found;
  for (const auto& [name, tensor] : state) found.emplace(name, &tensor);
  at::NoGradGuard no_grad;
  for (const model::Network::Named& named : network.named_tensors()) {
    const auto entry = found.find(named.name);
    if (entry != found.end()) named.tensor->copy_(*entry->second);
  }
  network.touch();
}

}  // namespace thaw::train
