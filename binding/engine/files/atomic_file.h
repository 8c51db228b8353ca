// A file that appears whole or not at all: bytes go to `path + ".part"`, and commit() renames it.
// Used for everything that a crash must not leave half-written: weights, checkpoints, exports.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace thaw {

class AtomicFile {
 public:
  // Creates (or empties) `path + ".part"`. Throws ERR_IO, ERR_DISK_FULL.
  explicit AtomicFile(const std::string& path);

  // Without a commit() the ".part" is removed and `path` stays as it was.
  ~AtomicFile();

  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  // Appends all of the bytes. Throws ERR_IO, ERR_DISK_FULL.
  void write(const void* data, size_t size);

  // Puts other bytes in the place of some that were written. Throws ERR_IO, ERR_DISK_FULL.
  void overwrite(uint64_t offset, const void* data, size_t size);

  // Brings the bytes to the disk (fsync), renames, and brings the folder's entry to the disk as
  // well.
  void commit();

  uint64_t bytes_written() const { return bytes_written_; }

 private:
  [[noreturn]] void give_up(const char* doing, int error);
  void close_and_remove() noexcept;

  std::string path_;
  std::string part_;
  int descriptor_ = -1;
  uint64_t bytes_written_ = 0;
};

// The whole of a small file (a JSON document, an index) in one go.
void write_file_atomically(const std::string& path, const std::string& bytes);

}  // namespace thaw
