#include "engine/train/fingerprint.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "engine/data/contents.h"
#include "engine/fields.h"
#include "engine/files/digest.h"

namespace thaw::train {
namespace {

// Begins a digest: its digits mean nothing to people.
constexpr char kDigest = '#';

constexpr const char* kFrozen = "frozen weights";

// Adds the fields that it visits.
class Texts {
 public:
  Texts(Fingerprint& all, Fingerprint::Texts& to, std::string prefix)
      : all_(all), to_(to), prefix_(std::move(prefix)) {}

  template <typename T>
  void operator()(const char* name, const T& value, Field field = Field::kPlain) {
    if (field == Field::kFixed) {
      Texts(all_, all_.fixed, prefix_).add(prefix_ + name, value);
    } else if (field != Field::kIncidental) {
      add(prefix_ + name, value);
    }
  }

  template <typename T>
  void add(const std::string& name, const T& value) {
    if constexpr (Struct<const T>) {
      Texts inner(all_, to_, name + ".");
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
    for (const auto& value : values) {
      if (!all.empty()) all += ' ';
      all += text(value);
    }
    return all;
  }

  Fingerprint& all_;
  Fingerprint::Texts& to_;
  std::string prefix_;
};

void add_dataset(Fingerprint::Texts& to, const std::string& name, const data::Dataset& dataset) {
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

std::string trainable_layers(const model::Network& network) {
  std::string trained;
  for (const model::Layer& layer : network.layers()) {
    if (layer.trainable && layer.weights > 0) trained += (trained.empty() ? "" : " ") + layer.name;
  }
  return trained;
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

Fingerprint run_fingerprint(const Session& session, const FrozenProof& frozen,
                            const data::Dataset& dataset, const data::Dataset* validation,
                            int64_t classes, const TrainingOptions& training,
                            const FitOptions& options) {
  Fingerprint to;
  Texts open(to, to.open, "");
  fields(open, training);
  fields(open, options);
  if (depends_on_epochs(training.schedule)) open.add("epochs", options.epochs);
  to.open["device"] = at::DeviceTypeName(session.backend->device().type(), /*lower_case=*/true);
  Texts fixed(to, to.fixed, "");
  fixed.add("preprocessing", session.preprocessing);
  fixed.add("classes", classes);
  const model::Network& network = *session.network;
  fixed.add("architecture", network.architecture().name);
  fixed.add("variant", network.architecture().variant);
  fixed.add("head", network.head());
  to.fixed["trainable layers"] = trainable_layers(network);
  to.fixed[kFrozen] = kDigest + frozen.report().digest;
  add_dataset(to.fixed, "", dataset);
  if (validation) add_dataset(to.fixed, "validation ", *validation);
  for (const Fact& fact : options.checkpoint.facts)
    (fact.fixed ? to.fixed : to.open)[fact.name] = fact.text;
  return to;
}

std::string frozen_digest(const Fingerprint& run) {
  const auto entry = run.fixed.find(kFrozen);
  return entry == run.fixed.end() ? "" : entry->second.substr(1);
}

std::string frozen_digest_of_none() { return digest(""); }

std::vector<Difference> differences(const Fingerprint::Texts& before,
                                    const Fingerprint::Texts& now) {
  std::vector<Difference> found;
  const auto differs = [&](const std::string& name, const std::string* was, const std::string* is) {
    found.push_back({name, difference_of(name, was, is)});
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
  return found;
}

std::string joined(const std::vector<Difference>& differences) {
  constexpr size_t kShown = 6;
  std::string text;
  for (size_t i = 0; i < std::min(kShown, differences.size()); ++i)
    text += (i == 0 ? "" : "; ") + differences[i].text;
  if (differences.size() > kShown)
    text += "; and " + std::to_string(differences.size() - kShown) + " more";
  return text;
}

bool is_named(const Difference& difference, const std::vector<std::string>& names) {
  std::string part;
  std::istringstream parts(difference.name);
  while (std::getline(parts, part, '.')) {
    const std::string name = part.substr(0, part.find('['));
    if (std::find(names.begin(), names.end(), name) != names.end()) return true;
  }
  return false;
}

}  // namespace thaw::train
