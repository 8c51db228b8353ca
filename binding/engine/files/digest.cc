#include "engine/files/digest.h"

#include <c10/util/hash.h>

#include <array>
#include <bit>
#include <cstring>

#include "engine/device/parallel.h"

namespace thaw {
namespace {

// Every word changes its lane one-to-one (xor, odd factor, rotation), so that none is lost.
std::string folded(const void* bytes, size_t size) {
  constexpr uint64_t kFactor = 0x9e3779b97f4a7c15ULL;  // 2^64 over the golden ratio
  std::array<uint64_t, 4> lanes = {1, 2, 3, size}, words{};
  const auto take = [&](const void* from, size_t count) {
    std::memcpy(words.data(), from, count);
    for (size_t i = 0; i < lanes.size(); ++i)
      lanes[i] = std::rotl((lanes[i] ^ words[i]) * kFactor, 29);
  };
  const auto* at = static_cast<const char*>(bytes);
  size_t left = size;
  for (; left >= sizeof words; left -= sizeof words, at += sizeof words) take(at, sizeof words);
  words = {};
  if (left > 0) take(at, left);
  return {reinterpret_cast<const char*>(lanes.data()), sizeof lanes};
}

}  // namespace

std::string digest(const std::string& text) { return c10::sha1(text).str(); }

std::string digest(const void* bytes, size_t size) {
  return digest(std::string(static_cast<const char*>(bytes), size));
}

std::string fast_digest(const void* bytes, size_t size) { return digest(folded(bytes, size)); }

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
