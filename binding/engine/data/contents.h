// Tells one set of images from another by what is in them, whatever they are called.
#pragma once

#include <string>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/data/decode_options.h"

namespace thaw::data {

// The digest of what cannot be read.
inline constexpr const char* kUnreadable = "unreadable";

enum class Contents {
  // Every byte. For what is kept under the digest: other pixels must never be taken for these.
  kWhole,
  // Of files their size and the first and last 4 KiB; all of what is in memory. For a run that is
  // gone on with: replaced images are noticed (a compressed image that changes anywhere changes its
  // end or its length), a copied folder is the same, and a hundred thousand files cost seconds.
  kEnds,
};

// Of each sample, 40 hexadecimal digits; kUnreadable for what cannot be read, and, with kWhole, for
// what these options refuse unread. Throws what is no image's fault: ERR_IO, ERR_TOO_MANY_FILES.
std::vector<std::string> image_digests(const Dataset& dataset, Contents contents,
                                       const DecodeOptions& options = {});

// Of all of them, in the order of the data set; labels are no part of it.
std::string contents_digest(const Dataset& dataset, Contents contents);

}  // namespace thaw::data
