#include "engine/train/checkpoint.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "engine/error.h"
#include "engine/weights/safetensors.h"

namespace thaw::train {
namespace {

constexpr const char* kFormat = "thaw-checkpoint-4";
// Before names, of metadata and of tensors.
constexpr const char* kRun = "run.";
constexpr const char* kFixed = "fixed.";
constexpr const char* kDescription = "description.";
constexpr const char* kUnreadable = "unreadable.train.";
constexpr const char* kUnreadableValidation = "unreadable.validation.";
constexpr const char* kModel = "model.";
constexpr const char* kOptimizer = "optimizer.";
constexpr const char* kGradients = "gradients.";
constexpr const char* kBest = "best.";
constexpr const char* kHistory = "history.";

std::optional<std::string> rest_of(const std::string& name, const char* prefix) {
  if (!name.starts_with(prefix)) return std::nullopt;
  return name.substr(std::string_view(prefix).size());
}

// The numbers of a checkpoint by name, each as float64, which holds every count of images exactly.
void numbers(auto& visit, auto& checkpoint) {
  visit("epochsBefore", checkpoint.epochs_before);
  visit("batchesBefore", checkpoint.batches_before);
  visit("epoch", checkpoint.epoch);
  visit("batch", checkpoint.batch);
  visit("trainingSeconds", checkpoint.training_seconds);
  visit("learningRate", checkpoint.learning_rate);
  visit("bestValue", checkpoint.best_value);
  visit("bestEpoch", checkpoint.best_epoch);
  visit("skippedSteps", checkpoint.skipped_steps);
  visit("group.batches", checkpoint.group.batches);
  visit("group.weight", checkpoint.group.weight);
  fields(visit, checkpoint.time);
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
  for (const auto& [name, tensor] : from) to.emplace_back(prefix + name, tensor);
}

void append(Metadata& to, const char* prefix, const std::vector<data::UnreadableImage>& images) {
  for (const data::UnreadableImage& image : images)
    to[prefix + std::to_string(image.sample)] =
        image.code + " " + std::to_string(image.name.size()) + " " + image.name + image.reason;
}

void take(std::vector<data::UnreadableImage>& to, const std::string& sample,
          const std::string& text) {
  const size_t code = text.find(' '), name = text.find(' ', code + 1) + 1;
  const size_t length = std::stoull(text.substr(code + 1));
  to.push_back({.sample = std::stoll(sample),
                .name = text.substr(name, length),
                .code = text.substr(0, code),
                .reason = text.substr(name + length)});
}

}  // namespace

void write_checkpoint(const std::string& path, const Fingerprint& run, const Metadata& description,
                      const Checkpoint& checkpoint) {
  StateDict all;
  append(all, kModel, checkpoint.model);
  append(all, kOptimizer, checkpoint.optimizer);
  append(all, kGradients, checkpoint.group.gradients);
  append(all, kBest, checkpoint.best);
  auto add = [&](const char* name, const auto& value, Field = Field::kPlain) {
    all.emplace_back(std::string("progress.") + name,
                     at::scalar_tensor(static_cast<double>(value), at::kDouble));
  };
  numbers(add, checkpoint);
  if (checkpoint.metric_sums.defined()) all.emplace_back("progress.sums", checkpoint.metric_sums);
  for (const auto& [name, column] : columns_of(checkpoint.epochs))
    all.emplace_back(kHistory + name, at::tensor(column, at::kDouble));
  Metadata metadata = {{"format", kFormat}};
  for (const auto& [name, text] : run.open) metadata[kRun + name] = text;
  for (const auto& [name, text] : run.fixed) metadata[kFixed + name] = text;
  for (const auto& [name, text] : description) metadata[kDescription + name] = text;
  append(metadata, kUnreadable, checkpoint.unreadable);
  append(metadata, kUnreadableValidation, checkpoint.unreadable_validation);
  weights::write_safetensors(path, all, metadata);
}

CheckpointFile read_checkpoint(const std::string& path) {
  const weights::WeightsFile file = weights::read_safetensors(path);
  const auto format = file.metadata.find("format");
  if (format == file.metadata.end() || format->second != kFormat)
    fail("ERR_WEIGHTS_FORMAT", path, " is not a checkpoint of this version of thaw.");
  if (!file.checked) fail("ERR_WEIGHTS_FORMAT", path, " is damaged: it has lost its checksum.");
  CheckpointFile found;
  Checkpoint& checkpoint = found.checkpoint;
  for (const auto& [name, text] : file.metadata) {
    if (const auto rest = rest_of(name, kRun)) found.run.open[*rest] = text;
    if (const auto rest = rest_of(name, kFixed)) found.run.fixed[*rest] = text;
    if (const auto rest = rest_of(name, kDescription)) found.description[*rest] = text;
    if (const auto rest = rest_of(name, kUnreadable)) take(checkpoint.unreadable, *rest, text);
    if (const auto rest = rest_of(name, kUnreadableValidation))
      take(checkpoint.unreadable_validation, *rest, text);
  }
  std::map<std::string, at::Tensor> progress;
  Columns columns;
  for (const auto& [name, tensor] : file.tensors) {
    if (const auto rest = rest_of(name, kModel)) checkpoint.model.emplace_back(*rest, tensor);
    if (const auto rest = rest_of(name, kOptimizer))
      checkpoint.optimizer.emplace_back(*rest, tensor);
    if (const auto rest = rest_of(name, kGradients))
      checkpoint.group.gradients.emplace_back(*rest, tensor);
    if (const auto rest = rest_of(name, kBest)) checkpoint.best.emplace_back(*rest, tensor);
    if (const auto rest = rest_of(name, "progress.")) progress[*rest] = tensor;
    if (const auto rest = rest_of(name, kHistory)) {
      const double* first = tensor.const_data_ptr<double>();
      columns[*rest].assign(first, first + tensor.numel());
    }
  }
  auto restore = [&](const char* name, auto& value, Field = Field::kPlain) {
    const auto entry = progress.find(name);
    if (entry == progress.end())
      fail("ERR_WEIGHTS_FORMAT", path, " is damaged: it does not say its ", name, ".");
    value = static_cast<std::remove_reference_t<decltype(value)>>(entry->second.item<double>());
  };
  numbers(restore, checkpoint);
  checkpoint.metric_sums = progress["sums"];
  checkpoint.epochs = records_of(columns, static_cast<size_t>(checkpoint.epoch));
  return found;
}

StateDict trainable_state(model::Network& network) {
  StateDict state;
  for (const model::Network::Named& named : network.named_tensors()) {
    if (named.trainable) state.emplace_back(named.name, host_copy(*named.tensor));
  }
  return state;
}

void restore_state(model::Network& network, const StateDict& state) {
  std::unordered_map<std::string, const at::Tensor*> found;
  for (const auto& [name, tensor] : state) found.emplace(name, &tensor);
  at::NoGradGuard no_grad;
  for (const model::Network::Named& named : network.named_tensors()) {
    const auto entry = found.find(named.name);
    if (entry == found.end()) continue;
    if (entry->second->sizes() != named.tensor->sizes())
      fail("ERR_CHECKPOINT_MISMATCH", "The checkpoint's ", named.name, " has the shape ",
           entry->second->sizes(), ", the network's ", named.tensor->sizes(), ".");
    named.tensor->copy_(*entry->second);
  }
  network.touch();
}

}  // namespace thaw::train
