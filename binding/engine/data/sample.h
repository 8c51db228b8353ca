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
#include "engine/error.h"

namespace thaw::data {

// Is shown the contents of each sample that is read (a file's bytes, or pixels), before they are
// decoded, by the thread that reads it; nothing where a file cannot be read.
using SeenContents = std::function<void(int64_t sample, std::span<const uint8_t> contents)>;

// Reads samples of one data set; each thread has its own.
class SampleReader {
 public:
  SampleReader(const Dataset& dataset, const Preprocessing& preprocessing,
               Augmentation augmentation, const DecodeOptions& decode, SeenContents seen = {});

  // Writes the sample to `out`: uint8 [height, width, 3], or a copy of its float32 pixels. Returns
  // what is damaged in an image that is read all the same; nearly always nothing.
  // Throws what read_file() throws.
  std::string read(const DrawKey& key, void* out);

 private:
  std::string read_into(const DrawKey& key, void* out);
  std::string decode(std::span<const uint8_t> bytes, const DrawKey& key, uint8_t* out);

  const Dataset& dataset_;
  const Preprocessing& preprocessing_;
  const Augmentation augmentation_;
  const DecodeOptions decode_;
  SeenContents seen_;
  std::vector<uint8_t> file_;  // kept: grows to the largest file
};

// The whole file of an image; one that is none by its first bytes, or too large, is not read any
// further. Throws ERR_IMAGE_READ, ERR_IMAGE_DECODE, ERR_IMAGE_TOO_LARGE; and where it is no fault
// of the file ERR_TOO_MANY_FILES, ERR_OUT_OF_MEMORY, or, when a disk does not come back within
// seconds, ERR_IO.
void read_file(const std::string& path, const DecodeOptions& options, std::vector<uint8_t>& bytes);

// An image that cannot be read may be left out; what the machine lacks (memory, handles, a disk)
// says nothing about the image.
bool is_fault_of_image(const Error& error);

}  // namespace thaw::data
