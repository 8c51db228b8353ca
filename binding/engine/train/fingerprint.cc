#include "engine/train/fingerprint.h"

#include <charconv>

#include "engine/data/contents.h"
#include "engine/fields.h"
#include "engine/files/digest.h"

namespace thaw::train {
namespace {

// Begins a digest: its digits mean nothing to people.
constexpr char kDigest = '#';

// Adds the fields that it visits.
class Texts {
 public:
  Texts(Fingerprint& to, std::string prefix) : to_(to), prefix_(std::move(prefix)) {}

  template <typename T>
  void operator()(const char* name, const T& value, Field field = Field::kPlain) {
    if (field != Field::kIncidental) add(prefix_ + name, value);
  }

  template <typename T>
  void add(const std::string& name, const T& value) {
    if constexpr (Struct<const T>) {
      Texts inner(to_, name + ".");
      fields(inner, value);
    } else {
      to_[name] = text(value);
    }
  }
  template <typename T>
  void add(const std::string& name, const std::optional<T>& value) {
    if (value) add(name, *value);
  }
  template <typename T>
  void add(const std::string& name, const std::vector<T>& values) {
    if constexpr (Struct<const T>) {
      size_t i = 0;
      for (const T& value : values) add(name + "[" + std::to_string(i++) + "]", value);
    } else {
      to_[name] = joined(values);
    }
  }
  template <typename T, size_t N>
  void add(const std::string& name, const std::array<T, N>& values) {
    to_[name] = joined(values);
  }

 private:
  template <typename T>
  static std::string text(const T& value) {
    if constexpr (std::same_as<T, bool>) {
      return value ? "true" : "false";
    } else if constexpr (Named<T>) {
      return name_of(value);
    } else if constexpr (std::is_arithmetic_v<T>) {
      char buffer[32];  // the shortest text that reads as the same number
      return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
    } else {
      return value;
    }
  }

  static std::string joined(const auto& values) {
    std::string all;
    for (const auto& value : values) all += (all.empty() ? "" : " ") + text(value);
    return all;
  }

  Fingerprint& to_;
  std::string prefix_;
};

void add_dataset(Fingerprint& to, const std::string& name, const data::Dataset& dataset) {
  to[name + "images"] = kDigest + data::contents_digest(dataset, data::Contents::kEnds);
  const auto& labels = dataset.labels;
  const at::Tensor& shares = dataset.shares;
  to[name + "labels"] =
      kDigest + (shares.defined() ? digests({shares}).at(0)
                                  : digest(labels.data(), labels.size() * sizeof(labels[0])));
  const auto& weights = dataset.sample_weights;
  if (!weights.empty())
    to[name + "sample weights"] =
        kDigest + digest(weights.data(), weights.size() * sizeof(weights[0]));
  if (dataset.multi_label) to[name + "several labels an image"] = "true";
}

// What is trained, and the values of all that is not.
void add_network(Fingerprint& to, model::Network& network) {
  std::string trained;
  for (const model::Layer& layer : network.layers()) {
    if (layer.trainable && layer.weights > 0) trained += (trained.empty() ? "" : " ") + layer.name;
  }
  to["trainable layers"] = trained;
  std::vector<at::Tensor> frozen;
  for (const model::Network::Named& named : network.named_tensors()) {
    if (!named.trainable) frozen.push_back(*named.tensor);
  }
  std::string all;
  for (const std::string& one : digests(frozen)) all += one;
  to["frozen weights"] = kDigest + digest(all);
}

std::string shortened(const std::string& text) {
  return text.size() > 60 ? text.substr(0, 57) + "..." : text;
}

// One name's difference; null: it was, or is, not there.
std::string difference_of(const std::string& name, const std::string* before,
                          const std::string* now) {
  if ((before && before->starts_with(kDigest)) || (now && now->starts_with(kDigest)))
    return "the " + name + (!before ? " are new" : !now ? " are gone" : " are others");
  return name + (before ? " was " + shortened(*before) : " was not set") + " and is " +
         (now ? shortened(*now) : "not set");
}

}  // namespace

Fingerprint run_fingerprint(const Session& session, const data::Dataset& dataset,
                            const data::Dataset* validation, int64_t classes,
                            const TrainingOptions& training, const FitOptions& options) {
  Fingerprint to;
  Texts texts(to, "");
  fields(texts, training);
  fields(texts, options);
  if (depends_on_epochs(training.schedule)) texts.add("epochs", options.epochs);
  texts.add("preprocessing", session.preprocessing);
  texts.add("classes", classes);
  model::Network& network = *session.network;
  texts.add("architecture", network.architecture().name);
  texts.add("variant", network.architecture().variant);
  texts.add("head", network.head());
  add_network(to, network);
  add_dataset(to, "", dataset);
  if (validation) add_dataset(to, "validation ", *validation);
  return to;
}

std::string difference(const Fingerprint& before, const Fingerprint& now) {
  constexpr int kShown = 4;
  std::string text;
  int count = 0;
  const auto differs = [&](const std::string& name, const std::string* was, const std::string* is) {
    if (++count <= kShown) text += (text.empty() ? "" : "; ") + difference_of(name, was, is);
  };
  for (const auto& [name, value] : now) {
    const auto old = before.find(name);
    if (old == before.end()) {
      differs(name, nullptr, &value);
    } else if (old->second != value) {
      differs(name, &old->second, &value);
    }
  }
  for (const auto& [name, value] : before) {
    if (!now.contains(name)) differs(name, &value, nullptr);
  }
  if (count > kShown) text += "; and " + std::to_string(count - kShown) + " more";
  return text;
}

}  // namespace thaw::train
