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
  // `error` is the system's, 0 where it has none.
  explicit FileError(const std::string& reason, int error = 0)
      : std::runtime_error(reason), error_(error) {}
  // There is no such file.
  bool missing() const;
  // It lies with the machine (no handles, no memory, a disk that answers no more) and not with this
  // file: the same file may be read at another time.
  bool of_machine() const;
  // Of these, what may be over in a moment.
  bool may_pass() const;
  // ERR_TOO_MANY_FILES, ERR_OUT_OF_MEMORY or ERR_IO.
  const char* code() const;

 private:
  int error_;
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
