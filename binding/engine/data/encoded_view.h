// A JPEG file that a thread of the loader has read but leaves to a device to decode.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/data/decoders.h"
#include "engine/data/view.h"

namespace thaw::data {

struct EncodedView {
  std::vector<uint8_t> file;
  JpegHeader header;
  View view;  // of the upright image
};

}  // namespace thaw::data
