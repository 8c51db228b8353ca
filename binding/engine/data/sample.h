// One sample of a data set: from its file, bytes or pixels into its place in a batch.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/data/augment.h"
#include "engine/data/dataset.h"
#include "engine/data/decode_options.h"

namespace thaw::data {

// Is shown the contents of each sample that is read (a file's bytes, or pixels), before they are
// decoded, by the thread that reads it.
using SeenContents = std::function<void(int64_t sample, std::span<const uint8_t> contents)>;

// Reads samples of one data set; each thread has its own.
class SampleReader {
 public:
  SampleReader(const Dataset& dataset, const Preprocessing& preprocessing,
               Augmentation augmentation, const DecodeOptions& decode, SeenContents seen = {});

  // Writes the sample to `out`: uint8 [height, width, 3], or a copy of its float32 pixels. Returns
  // what is damaged in an image that is read all the same; nearly always nothing.
  // Throws ERR_IMAGE_READ, ERR_IMAGE_DECODE, ERR_IMAGE_TOO_LARGE.
  std::string read(const DrawKey& key, void* out);

 private:
  std::string decode(std::span<const uint8_t> bytes, const DrawKey& key, uint8_t* out);

  const Dataset& dataset_;
  const Preprocessing& preprocessing_;
  const Augmentation augmentation_;
  const DecodeOptions decode_;
  SeenContents seen_;
  std::vector<uint8_t> file_;  // kept: grows to the largest file
};

// The whole file. Throws ERR_IMAGE_READ.
void read_file(const std::string& path, std::vector<uint8_t>& bytes);

}  // namespace thaw::data
