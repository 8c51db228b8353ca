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

  bool has(int64_t row) const { return state(row) == State::kPresent; }
  // Nothing is to be had for the row: the image cannot be read.
  bool unreadable(int64_t row) const { return state(row) == State::kUnreadable; }
  // In a file, beside the digest of what was there.
  void mark_unreadable(int64_t row, const std::string& contents = "");
  void forget(int64_t row);  // it is absent
  // Every one of the rows is present or known to be unreadable.
  bool complete(int64_t first, int64_t count) const;

  // features [n, ...] (channels-last where they have sides) -> rows; in a file, beside the digests
  // of what they are of.
  void put(const std::vector<int64_t>& rows, const at::Tensor& features,
           const std::vector<std::string>& contents = {});
  const CacheFile* file() const { return file_.get(); }  // null: in memory

  struct Found {
    at::Tensor features;           // [n, ...] on the device of the rows, in channels-last memory
    std::vector<int64_t> damaged;  // places whose row was not as it was written: to be computed
  };
  // int64 [n] on the device of the rows, all of them present.
  Found get(const at::Tensor& rows);
  at::Device device() const { return device_; }

  // The rows will be asked for soon: begins to read them from the disk.
  void announce(const std::vector<int64_t>& rows) const;

 private:
  using State = CacheFile::State;
  State state(int64_t row) const;

  Layout layout_;
  Place place_;
  at::Device device_;
  std::unique_ptr<CacheFile> file_;
  // Without a file:
  at::Tensor values_;  // [rows, elements of a row]
  std::vector<State> states_;
};

}  // namespace thaw::features
