#include <algorithm>
#include <bit>
#include <numeric>

#include "engine/weights/json.h"
#include "engine/weights/raw_tensor.h"
#include "engine/weights/readers.h"
#include "engine/weights/safetensors.h"
#include "engine/weights/safetensors_checksum.h"
#include "engine/weights/safetensors_dtype.h"
#include "engine/weights/shape.h"

namespace thaw::weights {
namespace {

static_assert(std::endian::native == std::endian::little, "The bytes are read as they are.");

constexpr uint64_t kPrefix = 8;
constexpr uint64_t kLongestHeader = 100'000'000;  // the reference reader's limit

struct Entry {
  std::string name;
  at::ScalarType dtype;
  std::vector<int64_t> sizes;
  uint64_t begin;  // counted from the end of the header
  uint64_t end;
};

std::vector<int64_t> integers(const json::Value* value, const std::string& name, const char* what) {
  std::vector<int64_t> numbers;
  const json::Array* array = value != nullptr ? value->array() : nullptr;
  if (array == nullptr) malformed("tensor '", printable(name), "' has no ", what);
  for (const json::Value& item : *array) {
    if (item.integer() == nullptr || *item.integer() < 0) {
      malformed("tensor '", printable(name), "' has a ", what,
                " that is not made of whole numbers");
    }
    numbers.push_back(*item.integer());
  }
  return numbers;
}

Entry entry_of(const std::string& name, const json::Value& value) {
  if (value.object() == nullptr) malformed("'", printable(name), "' is not described as a tensor");
  const json::Object& fields = *value.object();
  const json::Value* dtype = json::find(fields, "dtype");
  if (dtype == nullptr || dtype->string() == nullptr) {
    malformed("tensor '", printable(name), "' has no dtype");
  }
  const auto known = safetensors_dtype(*dtype->string());
  if (!known) {
    malformed("tensor '", printable(name), "' has the unknown dtype '", printable(*dtype->string()),
              "'");
  }
  Entry entry{name, *known, integers(json::find(fields, "shape"), name, "shape"), 0, 0};
  const auto offsets = integers(json::find(fields, "data_offsets"), name, "data_offsets");
  if (offsets.size() != 2 || offsets[0] > offsets[1]) {
    malformed("tensor '", printable(name), "' has unusable data_offsets");
  }
  entry.begin = static_cast<uint64_t>(offsets[0]);
  entry.end = static_cast<uint64_t>(offsets[1]);
  const auto elements = element_count(entry.sizes);
  const auto bytes = elements ? byte_count(*elements, c10::elementSize(entry.dtype)) : std::nullopt;
  if (!bytes || *bytes != entry.end - entry.begin) {
    malformed("tensor '", printable(name), "' has a shape that does not fit its ",
              entry.end - entry.begin, " bytes");
  }
  return entry;
}

// The format demands that the tensors cover the data without holes and without overlaps.
void check_coverage(const std::vector<Entry>& entries, uint64_t data_size) {
  std::vector<const Entry*> sorted;
  for (const Entry& entry : entries) sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(), [](const Entry* a, const Entry* b) {
    return std::pair(a->begin, a->end) < std::pair(b->begin, b->end);
  });
  uint64_t expected = 0;
  for (const Entry* entry : sorted) {
    if (entry->end > data_size) {
      malformed("tensor '", printable(entry->name),
                "' lies beyond the end of the file (truncated?)");
    }
    if (entry->begin != expected) {
      malformed(
          "tensor '", printable(entry->name), "' ",
          entry->begin < expected ? "overlaps another one" : "comes after a hole in the data");
    }
    expected = entry->end;
  }
  if (expected != data_size) malformed(data_size - expected, " bytes follow the last tensor");
}

Metadata metadata_of(const json::Value& value) {
  if (value.object() == nullptr) malformed("its __metadata__ is not an object");
  Metadata metadata;
  for (const auto& [key, text] : *value.object()) {
    if (text.string() == nullptr) {
      malformed("its __metadata__ '", printable(key), "' is not a string");
    }
    metadata.emplace(key, *text.string());
  }
  return metadata;
}

// Against the checksum where there is one: not every program writes it. It is gone afterwards.
void check_sum(const std::string& header, const std::vector<Entry>& entries, WeightsFile& file) {
  const std::optional<size_t> place = SafetensorsChecksum::place_in(header);
  const auto given = file.metadata.find(kChecksumKey);
  if (!place && given == file.metadata.end()) return;
  std::string zeroed = header;
  if (place) zeroed.replace(*place, SafetensorsChecksum::kDigits, SafetensorsChecksum::zeros());
  SafetensorsChecksum checksum;
  checksum.header(zeroed);
  std::vector<size_t> order(entries.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return std::pair(entries[a].begin, entries[a].end) <
           std::pair(entries[b].begin, entries[b].end);
  });
  for (const size_t i : order) {
    const at::Tensor& tensor = file.tensors[i].second;
    checksum.tensor(tensor.const_data_ptr(), tensor.nbytes());
  }
  if (!place || given == file.metadata.end() || checksum.digits() != given->second) {
    malformed(
        "its bytes do not fit its checksum: it is damaged, or another program has changed it "
        "(which takes the entry '",
        kChecksumKey, "' out of its metadata)");
  }
  file.metadata.erase(given);
  file.checked = true;
}

}  // namespace

WeightsFile read_safetensors(const InputFile& file) {
  uint64_t header_size = 0;
  file.read_at(0, &header_size, kPrefix);
  if (header_size > kLongestHeader) malformed("its header claims ", header_size, " bytes");
  if (header_size > file.size() - kPrefix) {
    malformed("its header claims ", header_size, " bytes, more than the file has (truncated?)");
  }
  const std::string text = file.peek(kPrefix, header_size);
  const json::Value header = json::parse(text);
  if (header.object() == nullptr) malformed("its header is not a JSON object");

  WeightsFile result;
  result.format = "safetensors";
  std::vector<Entry> entries;
  for (const auto& [name, value] : *header.object()) {
    if (name == "__metadata__") {
      result.metadata = metadata_of(value);
    } else {
      entries.push_back(entry_of(name, value));
    }
  }
  const uint64_t data_start = kPrefix + header_size;
  check_coverage(entries, file.size() - data_start);

  for (const Entry& entry : entries) {
    at::Tensor tensor = at::empty(entry.sizes, entry.dtype);
    file.read_at(data_start + entry.begin, tensor.data_ptr(), entry.end - entry.begin);
    result.tensors.emplace_back(entry.name, std::move(tensor));
  }
  check_sum(text, entries, result);
  for (auto& [name, tensor] : result.tensors) normalize_bools(tensor);
  return result;
}

WeightsFile read_safetensors(const std::string& path) {
  const InputFile file(path);
  return naming_the_file(path, [&] { return read_safetensors(file); });
}

}  // namespace thaw::weights
