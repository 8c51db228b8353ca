// Evaluation over a labelled data set, and predictions.
#pragma once

#include <memory>
#include <vector>

#include "engine/data/loader.h"
#include "engine/train/features.h"
#include "engine/train/history.h"
#include "engine/train/metrics.h"
#include "engine/train/options.h"
#include "engine/train/session.h"

namespace thaw::train {

// Throws what the loader throws, ERR_ABORTED, ERR_OUT_OF_MEMORY.
Evaluation evaluate(Session& session, std::shared_ptr<const data::Dataset> dataset, int64_t classes,
                    const LossOptions& loss, const DataOptions& options, const Control* control);

// Probabilities [images, classes] float32 on the CPU: softmax of the logits, or, of a head that
// ends in sigmoid, the sigmoid (a single output p gives the two columns 1 - p, p). The first
// unreadable image throws.
at::Tensor predict(Session& session, std::shared_ptr<const data::Dataset> dataset,
                   const DataOptions& options, const Control* control);

// The network as a function: normalised images [N, H, W, 3] float32 -> outputs of its last layer,
// final activation included ([N, outputs], or the feature map [N, h, w, channels] without a head),
// on the CPU.
at::Tensor apply(Session& session, const at::Tensor& images, const DataOptions& options);

// Loader options that evaluation, prediction and training share.
data::LoaderOptions loader_options(const Session& session, const DataOptions& options);

// One pass in inference mode; used by evaluate() and for validation while training.
void evaluate_pass(FeatureSource& source, const model::Program& trained, const Loss& loss,
                   Metrics& metrics, const Control* control);

}  // namespace thaw::train
