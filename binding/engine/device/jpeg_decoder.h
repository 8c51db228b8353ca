// Decodes JPEG files on a device.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/torch.h"

namespace thaw::device {

struct JpegFile {
  std::span<const uint8_t> bytes;
  int64_t height, width;  // as its header says
};

class JpegDecoder {
 public:
  virtual ~JpegDecoder() = default;

  // For each file its pixels as stored, uint8 [height, width, 3] RGB on the device; undefined where
  // this decoder cannot read it. In the stream of the calling thread: the bytes must stay until
  // that has come to the end of the decoding. Within enter(), from one thread at a time.
  virtual std::vector<at::Tensor> decode(const std::vector<JpegFile>& files) = 0;

  // Library and version.
  virtual std::string name() const = 0;
};

}  // namespace thaw::device
