#include "engine/files/regular_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace thaw {
namespace {

constexpr uint64_t kLargestRead = uint64_t{1} << 30;  // some kernels cut a single read at 2 GiB

bool no_handles(int error) { return error == EMFILE || error == ENFILE; }

[[noreturn]] void refuse(int error) {
  std::string reason = std::generic_category().message(error);
  if (no_handles(error)) reason += "; close some, or raise the limit (ulimit -n)";
  throw FileError(reason, error);
}

}  // namespace

bool FileError::missing() const { return error_ == ENOENT || error_ == ENOTDIR; }

bool FileError::of_machine() const {
  switch (error_) {
    case 0:
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case EACCES:
    case EPERM:
    case ENXIO:
    case EINVAL:
    case EOVERFLOW:
      return false;
    default:
      return true;
  }
}

bool FileError::may_pass() const { return of_machine() && !no_handles(error_) && error_ != ENOMEM; }

const char* FileError::code() const {
  if (no_handles(error_)) return "ERR_TOO_MANY_FILES";
  return error_ == ENOMEM ? "ERR_OUT_OF_MEMORY" : "ERR_IO";
}

RegularFile::RegularFile(const std::string& path) {
  // O_NONBLOCK: opening a named pipe would wait for a writer; it is refused below instead.
  do {
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  } while (descriptor_ < 0 && errno == EINTR);
  if (descriptor_ < 0) refuse(errno);
  struct stat status = {};
  const bool known = ::fstat(descriptor_, &status) == 0;
  if (!known || !S_ISREG(status.st_mode)) {
    ::close(descriptor_);
    const bool folder = known && S_ISDIR(status.st_mode);
    throw FileError(folder ? "it is a folder" : "it is not a regular file");
  }
  size_ = static_cast<uint64_t>(status.st_size);
}

RegularFile::~RegularFile() { ::close(descriptor_); }

uint64_t RegularFile::read_at(uint64_t offset, void* to, uint64_t size) const {
  uint64_t filled = 0;
  while (filled < size) {
    const ssize_t got =
        ::pread(descriptor_, static_cast<char*>(to) + filled, std::min(size - filled, kLargestRead),
                static_cast<off_t>(offset + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse(errno);
    if (got == 0) break;
    filled += static_cast<uint64_t>(got);
  }
  return filled;
}

}  // namespace thaw
