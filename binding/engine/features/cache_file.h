// The file of an activation cache: rows of equal length, each with a checksum, mapped into memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/torch.h"

namespace thaw::features {

class CacheFile {
 public:
  // Opens the file at `path`, creating its folder. Where it was written under the same key with the
  // same sizes, it keeps those rows whose checksum is right; else it begins anew, all rows absent.
  // The whole of it is allocated on the disk first: a full disk is noticed here, never later.
  // `row_bytes` is a multiple of 8. Throws ERR_DISK_FULL, ERR_IO, and ERR_CACHE_IN_USE where
  // another run has it open.
  CacheFile(const std::string& path, const std::string& key, int64_t rows, int64_t row_bytes);

  at::Tensor rows() const { return rows_; }      // uint8 [rows, row_bytes]
  at::Tensor states() const { return states_; }  // uint8 [rows]; 0 where a row is absent

  // Writes down the checksums of rows whose bytes, uint8 [n, row_bytes], have been written.
  void seal(const std::vector<int64_t>& rows, const at::Tensor& bytes);
  // Writes down of what a row is: the digest of its image's contents.
  void name(int64_t row, const std::string& contents);
  // Not all rows are absent.
  bool begun() const { return states_.any().item<bool>(); }
  // Rows of other contents become absent; row r is of the image r modulo their number.
  void keep_only(const std::vector<std::string>& contents);
  // Asks the system to read these rows ahead.
  void will_need(const std::vector<int64_t>& rows) const;

 private:
  struct Mapping;

  void check_rows();

  std::shared_ptr<Mapping> mapping_;  // the tensors hold it too
  at::Tensor rows_, states_;
  at::Tensor checksums_;  // int64 [rows]
  at::Tensor contents_;   // uint8 [rows, bytes of a digest]
};

// A checksum for each row of uint8 [n, bytes]: int64 [n]. Multilinear hashing (Lemire, Kaser:
// "Strongly universal string hashing is fast", 2014) with fixed multipliers: it tells damage, not
// forgery.
at::Tensor row_checksums(const at::Tensor& bytes);

}  // namespace thaw::features
