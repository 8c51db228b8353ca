#include <algorithm>
#include <chrono>
#include <thread>

#include "engine/data/decoders.h"
#include "engine/data/sample.h"
#include "engine/files/regular_file.h"

namespace thaw::data {
namespace {

constexpr uint64_t kHead = 4096;  // bytes; enough for every format to be told

void read_once(const std::string& path, const DecodeOptions& options, std::vector<uint8_t>& bytes) {
  const RegularFile file(path);
  const uint64_t size = file.size();
  bytes.resize(std::min(size, kHead));
  bytes.resize(file.read_at(0, bytes.data(), bytes.size()));
  known_format({bytes, path, options});
  if (size > options.max_file_bytes()) {
    fail("ERR_IMAGE_TOO_LARGE", path, " has ", size, " bytes, more than the ",
         options.max_file_bytes(), " that an image within `maxPixels` (", options.max_pixels,
         ") takes.");
  }
  const uint64_t head = bytes.size();
  if (head < kHead || size == head) return;
  bytes.resize(size);
  bytes.resize(head + file.read_at(head, bytes.data() + head, size - head));  // it may be shorter
}

}  // namespace

void read_file(const std::string& path, const DecodeOptions& options, std::vector<uint8_t>& bytes) {
  using std::chrono::milliseconds;
  // A network's disk may be gone for a moment.
  for (milliseconds wait(100);; wait *= 4) {
    try {
      return read_once(path, options, bytes);
    } catch (const FileError& error) {
      if (!error.of_machine())
        fail("ERR_IMAGE_READ", "Cannot read ", path, ": ", error.what(), ".");
      if (!error.may_pass() || wait > milliseconds(2000))
        fail(error.code(), "Cannot read ", path, ": ", error.what(), ".");
    }
    std::this_thread::sleep_for(wait);
  }
}

bool is_fault_of_image(const Error& error) {
  return error.code().starts_with("ERR_IMAGE_") && error.code() != "ERR_IMAGE_LIBRARY";
}

}  // namespace thaw::data
