// Features at the freeze boundary, kept from epoch to epoch: one row for each image, or for each
// view of each image.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/features/cache_file.h"
#include "engine/torch.h"

namespace thaw::features {

class ActivationCache {
 public:
  enum class Place { kDevice, kMemory, kDisk };

  struct Layout {
    int64_t rows;
    std::vector<int64_t> shape;  // of one image's features: [C, h, w] or [C]
    at::ScalarType type;

    int64_t row_bytes() const;
    int64_t bytes() const { return rows * row_bytes(); }
  };

  // All rows absent. `device` is where the rows lie, the host's memory or a GPU's.
  ActivationCache(Layout layout, at::Device device);
  // Rows that the file holds already are present.
  ActivationCache(Layout layout, std::unique_ptr<CacheFile> file);

  Place place() const { return place_; }
  const Layout& layout() const { return layout_; }

  bool has(int64_t row) const { return state(row) == kPresent; }
  // Nothing is to be had for the row: the image cannot be read.
  bool unreadable(int64_t row) const { return state(row) == kUnreadable; }
  // In a file, beside the digest of what was there.
  void mark_unreadable(int64_t row, const std::string& contents = "");
  // Every one of the rows is present or known to be unreadable.
  bool complete(int64_t first, int64_t count) const;

  // features [n, ...] (channels-last where they have sides) -> rows. Each row is written once; in a
  // file, beside the digests of what they are of.
  void put(const std::vector<int64_t>& rows, const at::Tensor& features,
           const std::vector<std::string>& contents = {});
  bool in_file() const { return file_ != nullptr; }

  // int64 [n] on the device of the rows -> features [n, ...] there, in channels-last memory.
  at::Tensor get(const at::Tensor& rows) const;
  at::Device device() const { return values_.device(); }

  // The rows will be asked for soon: begins to read them from the disk.
  void announce(const std::vector<int64_t>& rows) const;

 private:
  enum State : uint8_t { kAbsent = 0, kPresent = 1, kUnreadable = 2 };
  uint8_t state(int64_t row) const { return states_.const_data_ptr<uint8_t>()[row]; }
  void set_state(int64_t row, State state) { states_.mutable_data_ptr<uint8_t>()[row] = state; }

  Layout layout_;
  Place place_;
  std::unique_ptr<CacheFile> file_;
  at::Tensor values_;  // [rows, elements of a row]
  at::Tensor states_;  // uint8 [rows] on the host
};

}  // namespace thaw::features
