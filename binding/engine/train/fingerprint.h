// What must be the same for a run to be gone on with.
#pragma once

#include <map>
#include <string>

#include "engine/data/dataset.h"
#include "engine/session/session.h"
#include "engine/train/options.h"

namespace thaw::train {

// Everything that decides the result, by name: options and their values as texts, digests of what
// is too long to be kept.
using Fingerprint = std::map<std::string, std::string>;

// `validation` may be null.
Fingerprint run_fingerprint(const Session& session, const data::Dataset& dataset,
                            const data::Dataset* validation, int64_t classes,
                            const TrainingOptions& training, const FitOptions& options);

// "optimizer.learningRate was 0.001 and is 0.01; the images are others"; empty where nothing
// differs.
std::string difference(const Fingerprint& before, const Fingerprint& now);

}  // namespace thaw::train
