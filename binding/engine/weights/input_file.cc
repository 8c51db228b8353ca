#include "engine/weights/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace thaw::weights {
namespace {

constexpr uint64_t kBufferSize = 64 << 10;
constexpr uint64_t kLargestRead = uint64_t{1} << 30;  // some kernels cut a single read at 2 GiB

}  // namespace

InputFile::InputFile(const std::string& path) : path_(path) {
  // O_NONBLOCK: opening a named pipe would wait for a writer; it is refused below instead.
  do {
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  } while (descriptor_ < 0 && errno == EINTR);
  if (descriptor_ < 0 && (errno == ENOENT || errno == ENOTDIR)) {
    fail("ERR_WEIGHTS_NOT_FOUND", "There is no weights file '", path, "'.");
  }
  if (descriptor_ < 0) fail("ERR_IO", "Cannot open '", path, "': ", std::strerror(errno), ".");

  struct stat status = {};
  const bool known = ::fstat(descriptor_, &status) == 0;
  if (!known || !S_ISREG(status.st_mode)) {
    ::close(descriptor_);
    fail("ERR_IO", "Cannot read weights from '", path, "': it is ",
         known && S_ISDIR(status.st_mode) ? "a folder" : "not a regular file", ".");
  }
  size_ = static_cast<uint64_t>(status.st_size);
}

InputFile::~InputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void InputFile::read_at(uint64_t offset, void* to, uint64_t size) const {
  if (offset > size_ || size > size_ - offset) {
    malformed("it ends before byte ", offset, " + ", size, " (truncated?)");
  }
  if (size > 0 && descriptor_ < 0) {
    std::memcpy(to, memory_.data() + offset, size);
    return;
  }
  char* at = static_cast<char*>(to);
  while (size > 0) {
    const ssize_t got =
        ::pread(descriptor_, at, std::min(size, kLargestRead), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("ERR_IO", "Cannot read '", path_, "': ", std::strerror(errno), ".");
    if (got == 0) malformed("it became shorter while it was read");
    at += got;
    offset += static_cast<uint64_t>(got);
    size -= static_cast<uint64_t>(got);
  }
}

std::string InputFile::peek(uint64_t offset, uint64_t size) const {
  if (offset >= size_) return "";
  std::string bytes(std::min(size, size_ - offset), '\0');
  read_at(offset, bytes.data(), bytes.size());
  return bytes;
}

void FileSource::read(void* to, uint64_t size) {
  if (size > remaining()) malformed("it ends in the middle of its data (truncated?)");
  char* at = static_cast<char*>(to);
  while (size > 0) {
    if (position_ < buffer_start_ || position_ >= buffer_start_ + buffer_.size()) {
      buffer_.resize(std::min(kBufferSize, remaining()));
      buffer_start_ = position_;
      file_.read_at(position_, buffer_.data(), buffer_.size());
    }
    const uint64_t within = position_ - buffer_start_;
    const uint64_t count = std::min(size, buffer_.size() - within);
    std::memcpy(at, buffer_.data() + within, count);
    at += count;
    position_ += count;
    size -= count;
  }
}

}  // namespace thaw::weights
