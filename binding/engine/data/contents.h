// Tells one set of images from another by what is in them, whatever they are called.
#pragma once

#include <string>

#include "engine/data/dataset.h"

namespace thaw::data {

enum class Contents {
  // Every byte. For what is kept under the digest: other pixels must never be taken for these.
  kWhole,
  // Of files their size and the first and last 4 KiB; all of what is in memory. For a run that is
  // gone on with: replaced images are noticed (a compressed image that changes anywhere changes its
  // end or its length), a copied folder is the same, and a hundred thousand files cost seconds.
  kEnds,
};

// In the order of the data set; labels are no part of it. What cannot be read counts as such.
std::string contents_digest(const Dataset& dataset, Contents contents);

}  // namespace thaw::data
