// Evaluation over a labelled data set, and predictions.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "engine/data/loader.h"
#include "engine/features/source.h"
#include "engine/session/session.h"
#include "engine/train/history.h"
#include "engine/train/metrics.h"
#include "engine/train/options.h"

namespace thaw::train {

struct EvaluateOptions : DataOptions {
  std::vector<double> thresholds;  // see Metrics::label_scores()
};

void fields(auto& visit, Of<EvaluateOptions> auto& options) {
  data_fields(visit, options);
  visit("thresholds", options.thresholds);
}

// Throws what the loader throws, ERR_ABORTED, ERR_OUT_OF_MEMORY.
Evaluation evaluate(Session& session, std::shared_ptr<const data::Dataset> dataset, int64_t classes,
                    const LossOptions& loss, const EvaluateOptions& options,
                    const Control* control);

// Whether images have one label each or several.
Target target_of(const data::Dataset& dataset);

// One pass in inference mode; used by evaluate() and for validation while training. `done` is told
// of each batch, counted from 0.
void evaluate_pass(features::FeatureSource& source, const model::Program& trained, const Loss& loss,
                   Metrics& metrics, const Control* control,
                   const std::function<void(int64_t batch)>& done = {});

}  // namespace thaw::train
