#include "engine/train/checkpoint.h"

#include <filesystem>
#include <unordered_map>

#include "engine/error.h"
#include "engine/weights/safetensors.h"

namespace thaw::train {
namespace {

constexpr const char* kFormat = "thaw-checkpoint-1";
constexpr int64_t kRecordLength = 11;

std::string file_in(const std::string& directory) {
  return (std::filesystem::path(directory) / "checkpoint.safetensors").string();
}

at::Tensor pack(const std::vector<EpochRecord>& epochs) {
  at::Tensor packed = at::empty({static_cast<int64_t>(epochs.size()), kRecordLength}, at::kDouble);
  double* to = packed.mutable_data_ptr<double>();
  for (const EpochRecord& record : epochs) {
    for (const Metrics::Values& values : {record.training, record.validation}) {
      *to++ = static_cast<double>(values.images);
      *to++ = values.loss;
      *to++ = values.accuracy;
      *to++ = values.top5;
    }
    *to++ = record.seconds;
    *to++ = record.images_per_second;
    *to++ = record.learning_rate;
  }
  return packed;
}

std::vector<EpochRecord> unpack(const at::Tensor& packed) {
  std::vector<EpochRecord> epochs;
  const double* from = packed.const_data_ptr<double>();
  const auto values = [&] {
    Metrics::Values read{.images = static_cast<int64_t>(from[0]),
                         .loss = from[1],
                         .accuracy = from[2],
                         .top5 = from[3]};
    from += 4;
    return read;
  };
  for (int64_t i = 0; i < packed.size(0); ++i) {
    EpochRecord record;
    record.training = values();
    record.validation = values();
    record.validated = record.validation.images > 0;
    record.seconds = *from++;
    record.images_per_second = *from++;
    record.learning_rate = *from++;
    epochs.push_back(record);
  }
  return epochs;
}

// FNV-1a, 64 bits.
class Hash {
 public:
  void add(const std::string& text) {
    for (const char c : text) value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    value_ = (value_ ^ 0xff) * 0x100000001b3ULL;
  }
  template <typename Number>
  void add_number(Number number) {
    std::ostringstream text;
    text << std::hexfloat << number;
    add(text.str());
  }
  std::string text() const {
    std::ostringstream out;
    out << std::hex << value_;
    return out.str();
  }

 private:
  uint64_t value_ = 0xcbf29ce484222325ULL;
};

void append(StateDict& to, const char* prefix, const StateDict& from) {
  for (const auto& [name, tensor] : from) to.emplace_back(prefix + name, tensor);
}

}  // namespace

std::string run_fingerprint(model::Network& network, const data::Dataset& dataset,
                            const TrainingOptions& training, const FitOptions& options) {
  Hash hash;
  hash.add(network.architecture().name);
  at::NoGradGuard no_grad;
  for (const model::Network::Named& named : network.named_tensors()) {
    hash.add(named.name);
    hash.add_number(named.trainable);
    // The sum tells one set of frozen weights from another without a second copy of them on disk.
    if (!named.trainable) hash.add_number(named.tensor->sum(at::kDouble).item<double>());
  }
  for (int64_t i = 0; i < dataset.size(); ++i) {
    hash.add(dataset.name(i));
    hash.add_number(dataset.labels.at(i));
  }
  hash.add_number(static_cast<int>(training.optimizer.kind));
  hash.add_number(training.optimizer.learning_rate);
  hash.add_number(static_cast<int>(training.loss.kind));
  hash.add_number(static_cast<int>(options.augmentation));
  hash.add_number(static_cast<int>(options.compute));
  hash.add_number(options.batch_size);
  hash.add_number(options.accumulation_steps);
  hash.add_number(options.shuffle);
  hash.add_number(options.seed);
  return hash.text();
}

void save_checkpoint(const std::string& directory, const std::string& fingerprint,
                     const Checkpoint& checkpoint) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) fail("ERR_IO", "The folder ", directory, " cannot be made: ", error.message(), ".");
  StateDict all;
  append(all, "model.", checkpoint.model);
  append(all, "optimizer.", checkpoint.optimizer);
  append(all, "best.", checkpoint.best);
  all.emplace_back(
      "progress.counters",
      at::tensor({checkpoint.epoch, checkpoint.batch, checkpoint.best_epoch}, at::kLong));
  all.emplace_back("progress.values",
                   at::tensor({checkpoint.training_seconds, checkpoint.best_value}, at::kDouble));
  all.emplace_back("progress.history", pack(checkpoint.epochs));
  if (checkpoint.metric_sums.defined()) all.emplace_back("progress.sums", checkpoint.metric_sums);
  weights::write_safetensors(file_in(directory), all,
                             {{"format", kFormat}, {"fingerprint", fingerprint}});
}

std::optional<Checkpoint> load_checkpoint(const std::string& directory,
                                          const std::string& fingerprint) {
  const std::string path = file_in(directory);
  if (!std::filesystem::exists(path)) return std::nullopt;
  const weights::WeightsFile file = weights::read_safetensors(path);
  const auto format = file.metadata.find("format");
  const auto found = file.metadata.find("fingerprint");
  if (format == file.metadata.end() || format->second != kFormat || found == file.metadata.end()) {
    fail("ERR_WEIGHTS_FORMAT", path, " is not a checkpoint of this version of thaw.");
  }
  if (found->second != fingerprint) {
    fail("ERR_CHECKPOINT_MISMATCH", "The checkpoint in ", directory,
         " is of another run (other data, weights, "
         "trainable layers or settings): use the same ones, or another folder.");
  }
  Checkpoint checkpoint;
  std::unordered_map<std::string, at::Tensor> progress;
  for (const auto& [name, tensor] : file.tensors) {
    const auto rest = [&name = name](size_t length) { return name.substr(length); };
    if (name.starts_with("model.")) checkpoint.model.emplace_back(rest(6), tensor);
    if (name.starts_with("optimizer.")) checkpoint.optimizer.emplace_back(rest(10), tensor);
    if (name.starts_with("best.")) checkpoint.best.emplace_back(rest(5), tensor);
    if (name.starts_with("progress.")) progress[rest(9)] = tensor;
  }
  const at::Tensor counters = progress["counters"], values = progress["values"],
                   history = progress["history"];
  if (!counters.defined() || counters.numel() != 3 || !values.defined() || values.numel() != 2 ||
      !history.defined() || history.dim() != 2 || history.size(1) != kRecordLength) {
    fail("ERR_WEIGHTS_FORMAT", path, " is damaged: its progress is incomplete.");
  }
  checkpoint.epoch = counters[0].item<int64_t>();
  checkpoint.batch = counters[1].item<int64_t>();
  checkpoint.best_epoch = counters[2].item<int64_t>();
  checkpoint.training_seconds = values[0].item<double>();
  checkpoint.best_value = values[1].item<double>();
  checkpoint.epochs = unpack(history);
  checkpoint.metric_sums = progress["sums"];
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
