#include "engine/data/contents.h"

#include <filesystem>
#include <fstream>

#include "engine/data/sample.h"
#include "engine/device/parallel.h"
#include "engine/error.h"
#include "engine/files/digest.h"

namespace thaw::data {
namespace {

constexpr int64_t kEnd = 4096;  // bytes at either end of a file

std::string ends_of(const std::string& path) {
  std::error_code error;
  const auto size = static_cast<int64_t>(std::filesystem::file_size(path, error));
  std::ifstream file(path, std::ios::binary);
  if (error || !file) return "unreadable";
  std::string bytes(static_cast<size_t>(std::min(size, 2 * kEnd)), 0);
  const auto first = static_cast<int64_t>(bytes.size()) / 2;
  file.read(bytes.data(), first);
  file.seekg(size - (static_cast<int64_t>(bytes.size()) - first));
  file.read(bytes.data() + first, static_cast<int64_t>(bytes.size()) - first);
  return file ? digest(bytes + std::to_string(size)) : "unreadable";
}

// No tensor operation: several threads are in here.
std::string image_digest(const Dataset& dataset, int64_t sample, Contents contents,
                         std::vector<uint8_t>& buffer) {
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
    read_file(dataset.paths[sample], buffer);
  } catch (const Error&) {
    return "unreadable";
  }
  return digest(buffer.data(), buffer.size());
}

}  // namespace

std::string contents_digest(const Dataset& dataset, Contents contents) {
  std::vector<std::string> digests(static_cast<size_t>(dataset.size()));
  device::parallel_ranges(dataset.size(), [&](int64_t begin, int64_t end) {
    std::vector<uint8_t> buffer;
    for (int64_t sample = begin; sample < end; ++sample)
      digests[sample] = image_digest(dataset, sample, contents, buffer);
  });
  std::string all;
  for (const std::string& one : digests) all += one;
  return digest(all);
}

}  // namespace thaw::data
