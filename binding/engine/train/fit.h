// The training loop, from the first batch to the last, on the calling thread.
#pragma once

#include <memory>

#include "engine/data/dataset.h"
#include "engine/session/session.h"
#include "engine/train/history.h"
#include "engine/train/options.h"
#include "engine/train/state.h"

namespace thaw::train {

// Trains what is trainable in the session's network, going on from `state` and leaving it where the
// run ended. `classes`: of the labels. `validation` may be null, `control` too. When that says
// stop, the run ends at the next step: its checkpoint is saved where there is a folder for one, and
// ERR_ABORTED is thrown. Class weights and weights of images weigh training alone: all that is
// measured in validation is measured without. Throws besides: ERR_NOTHING_TO_TRAIN,
// ERR_CLASS_COUNT, ERR_LOSS_NOT_FINITE, ERR_OUT_OF_MEMORY, ERR_TOO_MANY_BAD_IMAGES,
// ERR_CHECKPOINT_MISMATCH, ERR_DISK_FULL, ERR_IO.
History fit(Session& session, TrainingState& state, std::shared_ptr<const data::Dataset> dataset,
            std::shared_ptr<const data::Dataset> validation, int64_t classes,
            const TrainingOptions& training, const FitOptions& options, const FitEvents& events,
            const Control* control);

// The same from the start.
inline History fit(Session& session, std::shared_ptr<const data::Dataset> dataset,
                   std::shared_ptr<const data::Dataset> validation, int64_t classes,
                   const TrainingOptions& training, const FitOptions& options,
                   const FitEvents& events, const Control* control) {
  TrainingState state;
  return fit(session, state, std::move(dataset), std::move(validation), classes, training, options,
             events, control);
}

}  // namespace thaw::train
