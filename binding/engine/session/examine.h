// What is known of images before anything is trained on them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/data/loader.h"
#include "engine/fields.h"
#include "engine/session/control.h"
#include "engine/session/options.h"
#include "engine/session/session.h"

namespace thaw::session {

struct Examined {
  std::vector<data::UnreadableImage> unreadable;
  std::vector<int64_t> samples;  // the others, in order; what follows has a row for each
  // With a network only: the nearest others by the cosine of their features, as places in
  // `samples`, nearest first [rows * neighbours].
  int64_t neighbours = 0;
  std::vector<int64_t> nearest;
  std::vector<double> cosines;
  // What a linear probe that has not seen the image says of each class [rows * classes].
  std::vector<double> outside;
};

void fields(auto& visit, Of<Examined> auto& examined) {
  visit("skipped", examined.unreadable);
  visit("samples", examined.samples);
  visit("neighbours", examined.neighbours);
  visit("nearest", examined.nearest);
  visit("cosines", examined.cosines);
  visit("outside", examined.outside);
}

// Reads and decodes every image. Throws ERR_ABORTED.
Examined examine(std::shared_ptr<const data::Dataset> dataset, const DataOptions& options,
                 const Control* control);

// The same, and compares their features: what the network gives (of a feature map the mean over its
// places), the way in which training computes it. Takes 8 bytes for each feature of each image, and
// time with the square of their number.
Examined examine(Session& session, std::shared_ptr<const data::Dataset> dataset, int64_t classes,
                 int64_t neighbours, const DataOptions& options, const Control* control);

}  // namespace thaw::session
