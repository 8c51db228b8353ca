// Predictions, and the network as a function.
#pragma once

#include <memory>

#include "engine/data/loader.h"
#include "engine/session/control.h"
#include "engine/session/options.h"
#include "engine/session/session.h"

namespace thaw::session {

// Probabilities [images, classes] float32 on the CPU: softmax of the logits, or, of a head that
// ends in sigmoid, the sigmoid (a single output p gives the two columns 1 - p, p). The first
// unreadable image throws.
at::Tensor predict(Session& session, std::shared_ptr<const data::Dataset> dataset,
                   const DataOptions& options, const Control* control);

// The network as a function: normalised images [N, H, W, 3] float32 -> outputs of its last layer,
// final activation included ([N, outputs], or the feature map [N, h, w, channels] without a head),
// on the CPU.
at::Tensor apply(Session& session, const at::Tensor& images, const DataOptions& options);

// Loader options that evaluation, prediction and training share; without a limit of unreadable
// images, which is for all data sets of a run.
data::LoaderOptions loader_options(const Session& session, const DataOptions& options);

}  // namespace thaw::session
