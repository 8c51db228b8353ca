#include "engine/data/sample.h"
#include "engine/error.h"
#include "engine/files/regular_file.h"

namespace thaw::data {

void read_file(const std::string& path, std::vector<uint8_t>& bytes) {
  try {
    const RegularFile file(path);
    bytes.resize(file.size());
    bytes.resize(file.read_at(0, bytes.data(), bytes.size()));  // it may have become shorter
  } catch (const FileError& error) {
    fail("ERR_IMAGE_READ", "Cannot read ", path, ": ", error.what(), ".");
  }
}

}  // namespace thaw::data
