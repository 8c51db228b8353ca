#include "engine/files/digest.h"

#include <c10/util/hash.h>

#include "engine/device/parallel.h"
#include "engine/files/checksum.h"

namespace thaw {

std::string digest(const std::string& text) { return c10::sha1(text).str(); }

std::string digest(const void* bytes, size_t size) {
  return digest(std::string(static_cast<const char*>(bytes), size));
}

std::string fast_digest(const void* bytes, size_t size) {
  const auto lanes = checksum_lanes(bytes, size);
  return digest(lanes.data(), sizeof lanes);
}

std::vector<std::string> digests(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> values;
  values.reserve(tensors.size());
  for (const at::Tensor& tensor : tensors)
    values.push_back(tensor.detach().to(at::kCPU).contiguous());
  std::vector<std::string> result(values.size());
  // No tensor operation in here.
  device::parallel_ranges(static_cast<int64_t>(values.size()), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      result[i] = fast_digest(values[i].const_data_ptr(), values[i].nbytes());
  });
  return result;
}

}  // namespace thaw
