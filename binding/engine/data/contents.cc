#include "engine/data/contents.h"

#include <algorithm>
#include <exception>
#include <mutex>

#include "engine/data/sample.h"
#include "engine/device/parallel.h"
#include "engine/error.h"
#include "engine/files/digest.h"
#include "engine/files/regular_file.h"

namespace thaw::data {
namespace {

constexpr uint64_t kEnd = 4096;  // bytes at either end of a file

std::string ends_of(const std::string& path) {
  try {
    const RegularFile file(path);
    const uint64_t shown = std::min(file.size(), 2 * kEnd), first = shown / 2;
    std::string bytes(shown, 0);
    uint64_t filled = file.read_at(0, bytes.data(), first);
    filled += file.read_at(file.size() - (shown - first), bytes.data() + first, shown - first);
    if (filled == shown) return digest(bytes + std::to_string(file.size()));
  } catch (const FileError& error) {
    if (error.of_machine()) fail(error.code(), "Cannot read ", path, ": ", error.what(), ".");
  }
  return kUnreadable;
}

// No tensor operation: several threads are in here.
std::string image_digest(const Dataset& dataset, int64_t sample, Contents contents,
                         const DecodeOptions& options, std::vector<uint8_t>& buffer) {
  if (dataset.pixels.defined()) {
    const int64_t size = dataset.pixels.stride(0) * dataset.pixels.element_size();
    const auto* first = static_cast<const uint8_t*>(dataset.pixels.const_data_ptr());
    return digest(first + sample * size, static_cast<size_t>(size));
  }
  if (!dataset.encoded.empty()) {
    return digest(dataset.encoded[sample].data(), dataset.encoded[sample].size());
  }
  if (contents == Contents::kEnds) return ends_of(dataset.paths[sample]);
  try {
    read_file(dataset.paths[sample], options, buffer);
  } catch (const Error& error) {
    if (!is_fault_of_image(error)) throw;
    return kUnreadable;
  }
  return digest(buffer.data(), buffer.size());
}

}  // namespace

std::vector<std::string> image_digests(const Dataset& dataset, Contents contents,
                                       const DecodeOptions& options) {
  std::mutex mutex;
  std::exception_ptr broken;  // a range must not throw
  std::vector<std::string> digests(static_cast<size_t>(dataset.size()));
  device::parallel_ranges(dataset.size(), [&](int64_t begin, int64_t end) {
    std::vector<uint8_t> buffer;
    try {
      for (int64_t sample = begin; sample < end; ++sample)
        digests[sample] = image_digest(dataset, sample, contents, options, buffer);
    } catch (...) {
      const std::lock_guard lock(mutex);
      broken = std::current_exception();
    }
  });
  if (broken) std::rethrow_exception(broken);
  return digests;
}

std::string contents_digest(const Dataset& dataset, Contents contents) {
  std::string all;
  for (const std::string& one : image_digests(dataset, contents)) all += one;
  return digest(all);
}

}  // namespace thaw::data
