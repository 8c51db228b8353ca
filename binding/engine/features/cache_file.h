// The file of an activation cache: rows of equal length, each found again only as it was written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace thaw::features {

// Read and written by position, never mapped: others may cut or change it at any moment. What is
// read is compared with its checksum each time. Writes are not ordered and need not be: a row of
// which not everything has reached the disk is absent.
class CacheFile {
 public:
  enum class State : uint64_t {
    kAbsent,
    kPresent,
    kUnreadable,  // the image cannot be read: there is no row of it
  };

  // Opens the file at `path`, creating its folder. Where it was written under the same key with the
  // same sizes, it keeps its rows; else it begins anew, all rows absent. The whole of it is
  // allocated on the disk first: a full disk is noticed here. Throws ERR_DISK_FULL and ERR_IO, the
  // latter also where another run has it open.
  CacheFile(const std::string& path, const std::string& key, int64_t rows, int64_t row_bytes);
  ~CacheFile();
  CacheFile(const CacheFile&) = delete;
  CacheFile& operator=(const CacheFile&) = delete;

  const std::string& path() const { return path_; }
  State state(int64_t row) const { return entries_[static_cast<size_t>(row)].state; }
  bool begun() const;  // not all rows are absent

  // `contents` tells of what the row is: the digest of its image, 40 characters at most. A row that
  // can no longer be written stays absent, after one line that says why.
  void put(int64_t row, const void* bytes, const std::string& contents);
  void forget(int64_t row) { entries_[static_cast<size_t>(row)] = {}; }
  void put_unreadable(int64_t row, const std::string& contents);

  // Reads present rows to `to`, one after another. Those that are not as they were written become
  // absent; returns their places in `rows`, in order.
  std::vector<int64_t> read(const std::vector<int64_t>& rows, void* to);

  // Rows of other contents become absent; row r is of the image r modulo their number.
  void keep_only(const std::vector<std::string>& contents);

  // Asks the system to read these rows ahead.
  void will_need(const std::vector<int64_t>& rows) const;

 private:
  struct Entry {  // as it lies in the file; zeros where the row is absent
    char contents[40];
    State state;
    uint64_t row;       // checksum of the row's bytes
    uint64_t checksum;  // of all of the above
  };

  uint64_t seed(int64_t row) const;
  uint64_t entry_checksum(int64_t row, const Entry& entry) const;
  void write_entry(int64_t row, State state, uint64_t row_checksum, const std::string& contents);
  void read_entries();
  void begin_anew(const void* header, size_t size);
  bool write(const void* bytes, size_t size, int64_t place);
  int64_t row_place(int64_t row) const { return rows_place_ + row * row_bytes_; }

  std::string path_;
  int64_t row_bytes_, rows_place_ = 0, end_ = 0;
  int file_ = -1;
  uint64_t key_ = 0;
  bool writable_ = true;
  std::vector<Entry> entries_;
};

}  // namespace thaw::features
