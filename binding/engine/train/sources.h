// What a run trains and validates on, as features of its frozen part.
#pragma once

#include <memory>

#include "engine/features/plan.h"
#include "engine/features/source.h"
#include "engine/train/options.h"

namespace thaw::train {

// Where the frozen part of a session's network ends, and how a run computes it.
struct Frozen {
  const Session& session;
  const Session::Parts& parts;
  int boundary;  // the node up to which all is frozen
};

data::LoaderOptions training_loader(const Session& session, const FitOptions& options);

// As it is given, or as it is found to suit the device.
int64_t chosen_batch_size(const Frozen& frozen, const FitOptions& options, int64_t images);

struct Sources {
  std::unique_ptr<features::FeatureSource> training, validation;
  features::CacheReport training_cache, validation_cache;
};

// `passes` over the training images are to come. `validation` may be null.
Sources open_sources(const Frozen& frozen, const FitOptions& options, int64_t passes,
                     std::shared_ptr<const data::Dataset> dataset,
                     std::shared_ptr<const data::Dataset> validation);

}  // namespace thaw::train
