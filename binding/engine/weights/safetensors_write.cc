#include <algorithm>
#include <bit>
#include <unordered_set>

#include "engine/files/atomic_file.h"
#include "engine/weights/json.h"
#include "engine/weights/malformed.h"
#include "engine/weights/safetensors.h"
#include "engine/weights/safetensors_checksum.h"
#include "engine/weights/safetensors_dtype.h"

namespace thaw::weights {
namespace {

static_assert(std::endian::native == std::endian::little, "The bytes are written as they are.");

struct Placed {
  const std::string* name;
  const at::Tensor* tensor;
  uint64_t begin = 0;
  uint64_t end = 0;
};

// The header keeps the given order; the bytes are laid out with the widest elements first, as the
// reference writer does, so that every tensor in a mapped file is aligned.
std::vector<Placed> place(const StateDict& tensors) {
  std::vector<Placed> placed;
  for (const auto& [name, tensor] : tensors) placed.push_back({&name, &tensor});
  std::vector<Placed*> by_width;
  for (Placed& item : placed) by_width.push_back(&item);
  std::stable_sort(by_width.begin(), by_width.end(), [](const Placed* a, const Placed* b) {
    return a->tensor->element_size() > b->tensor->element_size();
  });
  uint64_t at = 0;
  for (Placed* item : by_width) {
    item->begin = at;
    at += static_cast<uint64_t>(item->tensor->numel()) * item->tensor->element_size();
    item->end = at;
  }
  return placed;
}

std::string entry_text(const Placed& item) {
  const std::string_view dtype = safetensors_name(item.tensor->scalar_type());
  if (dtype.empty()) {
    malformed("safetensors has no dtype for tensor '", printable(*item.name), "' (",
              c10::toString(item.tensor->scalar_type()), ")");
  }
  std::string text =
      json::quote(*item.name) + ":{\"dtype\":\"" + std::string(dtype) + "\",\"shape\":[";
  for (const int64_t size : item.tensor->sizes()) {
    if (text.back() != '[') text += ',';
    text += std::to_string(size);
  }
  return text + "],\"data_offsets\":[" + std::to_string(item.begin) + "," +
         std::to_string(item.end) + "]}";
}

std::string header_text(const std::vector<Placed>& placed, const Metadata& metadata) {
  // First, so that no text before it can be taken for it.
  std::string text = "{\"__metadata__\":{" + json::quote(kChecksumKey) + ":" +
                     json::quote(SafetensorsChecksum::zeros());
  for (const auto& [key, value] : metadata) {
    if (key != kChecksumKey) text += "," + json::quote(key) + ":" + json::quote(value);
  }
  text += '}';
  std::unordered_set<std::string> names;
  for (const Placed& item : placed) {
    if (*item.name == "__metadata__" || !names.insert(*item.name).second) {
      malformed("the tensor name '", printable(*item.name), "' is used twice or is reserved");
    }
    text += "," + entry_text(item);
  }
  text += '}';
  // Spaces up to a multiple of 8: the tensors' bytes begin aligned.
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
}

}  // namespace

void write_safetensors(const std::string& path, const StateDict& tensors,
                       const Metadata& metadata) {
  std::vector<Placed> placed = place(tensors);
  std::string header;
  try {
    header = header_text(placed, metadata);
  } catch (const Error& error) {
    fail(error.code().c_str(), "Cannot write weights to '", path, "': ", error.what(), ".");
  }
  AtomicFile file(path);
  const uint64_t header_size = header.size();
  file.write(&header_size, sizeof header_size);
  file.write(header.data(), header.size());
  std::sort(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  SafetensorsChecksum checksum;
  checksum.header(header);
  for (const Placed& item : placed) {
    // One tensor at a time on the CPU: a network on a GPU never lies in memory twice.
    const at::Tensor bytes = item.tensor->detach().to(at::kCPU).contiguous();
    file.write(bytes.const_data_ptr(), item.end - item.begin);
    checksum.tensor(bytes.const_data_ptr(), item.end - item.begin);
  }
  const std::string digits = checksum.digits();
  file.overwrite(sizeof header_size + *SafetensorsChecksum::place_in(header), digits.data(),
                 digits.size());
  file.commit();
}

}  // namespace thaw::weights
