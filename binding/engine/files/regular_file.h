// The one way in which files are read: a regular file, opened for reading by position. Reads are
// copies and no memory map: a map of a file that shrinks meanwhile would end the whole process with
// SIGBUS.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace thaw {

// Why a file cannot be read, as a clause: "it is a folder". Who reads it makes an Error of it.
class FileError : public std::runtime_error {
 public:
  FileError(const std::string& reason, bool missing)
      : std::runtime_error(reason), missing_(missing) {}
  // There is no such file.
  bool missing() const { return missing_; }

 private:
  bool missing_;
};

class RegularFile {
 public:
  // Throws FileError, also for folders, pipes and devices.
  explicit RegularFile(const std::string& path);
  ~RegularFile();
  RegularFile(const RegularFile&) = delete;
  RegularFile& operator=(const RegularFile&) = delete;

  uint64_t size() const { return size_; }  // when it was opened

  // Up to `size` bytes, fewer at the end of the file; how many. Throws FileError.
  uint64_t read_at(uint64_t offset, void* to, uint64_t size) const;

 private:
  int descriptor_;
  uint64_t size_ = 0;
};

}  // namespace thaw
