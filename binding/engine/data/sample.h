// One sample of a data set: from its file, bytes or pixels into its place in a batch.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/data/augment.h"
#include "engine/data/dataset.h"
#include "engine/data/decode_options.h"
#include "engine/data/encoded_view.h"

namespace thaw::data {

// Reads samples of one data set; each thread has its own.
class SampleReader {
 public:
  // With `leave_encoded`, JPEG files that a device should be able to decode are left to it.
  SampleReader(const Dataset& dataset, const Preprocessing& preprocessing,
               Augmentation augmentation, const DecodeOptions& decode, bool leave_encoded = false);

  // Writes the sample to `out`: uint8 [height, width, 3], or a copy of its float32 pixels; nothing
  // where it is left encoded. Throws ERR_IMAGE_READ, ERR_IMAGE_DECODE, ERR_IMAGE_TOO_LARGE.
  std::optional<EncodedView> read(const DrawKey& key, void* out);

  // The same of what was left encoded after all.
  void decode(const EncodedView& encoded, int64_t sample, void* out) const;

 private:
  std::optional<EncodedView> leave(std::span<const uint8_t> bytes, const DrawKey& key) const;
  void decode(std::span<const uint8_t> bytes, const DrawKey& key, uint8_t* out);

  const Dataset& dataset_;
  const Preprocessing& preprocessing_;
  const Augmentation augmentation_;
  DecodeOptions decode_;
  const bool leave_encoded_;
  std::vector<uint8_t> file_;  // kept: grows to the largest file
};

// The whole file. Throws ERR_IMAGE_READ.
void read_file(const std::string& path, std::vector<uint8_t>& bytes);

}  // namespace thaw::data
