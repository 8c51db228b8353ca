// What tells one run from another: what must be the same for a run to be gone on with, and what may
// be changed in it on purpose.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/session/session.h"
#include "engine/train/frozen_proof.h"
#include "engine/train/options.h"

namespace thaw::train {

// Everything that decides the result, by name: options and their values as texts, digests of what
// is too long to be kept.
struct Fingerprint {
  using Texts = std::map<std::string, std::string>;
  Texts fixed;  // network, data, kind of optimizer
  Texts open;   // the other options
};

// `validation` may be null.
Fingerprint run_fingerprint(const Session& session, const FrozenProof& frozen,
                            const data::Dataset& dataset, const data::Dataset* validation,
                            int64_t classes, const TrainingOptions& training,
                            const FitOptions& options);

// What it says of the frozen layers, see FrozenProof::Report; and where nothing is frozen.
std::string frozen_digest(const Fingerprint& run);
std::string frozen_digest_of_none();

struct Difference {
  std::string name;
  std::string text;  // "optimizer.learningRate was 0.001 and is 0.01", "the images are others"
};

// Empty where nothing differs.
std::vector<Difference> differences(const Fingerprint::Texts& before,
                                    const Fingerprint::Texts& now);

// Their texts as one; the first ones, where there are many.
std::string joined(const std::vector<Difference>& differences);

// Whether the option that differs is among those of these names: `learningRate` is that of the
// optimizer and of any group, `schedule` all of it.
bool is_named(const Difference& difference, const std::vector<std::string>& names);

}  // namespace thaw::train
