#include "engine/files/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "engine/error.h"
#include "engine/files/folder.h"

namespace thaw {
namespace {

// Some kernels cut a single write at 2 GiB.
constexpr size_t kLargestWrite = size_t{1} << 30;

std::string folder_of(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path) : path_(path), part_(path + ".part") {
  do {
    descriptor_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  } while (descriptor_ < 0 && errno == EINTR);
  if (descriptor_ < 0) give_up("created", errno);
}

AtomicFile::~AtomicFile() { close_and_remove(); }

void AtomicFile::write(const void* data, size_t size) {
  const char* from = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = ::write(descriptor_, from, std::min(size, kLargestWrite));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) give_up("written", errno);
    from += written;
    size -= static_cast<size_t>(written);
    bytes_written_ += static_cast<uint64_t>(written);
  }
}

void AtomicFile::overwrite(uint64_t offset, const void* data, size_t size) {
  const char* from = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = ::pwrite(descriptor_, from, size, static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) give_up("written", errno);
    from += written;
    size -= static_cast<size_t>(written);
    offset += static_cast<uint64_t>(written);
  }
}

void AtomicFile::commit() {
  // EINVAL: the file system cannot sync this kind of file; everything else is a lost write.
  if (::fsync(descriptor_) != 0 && errno != EINVAL) give_up("brought to the disk", errno);
  const int descriptor = descriptor_;
  descriptor_ = -1;
  if (::close(descriptor) != 0 && errno != EINTR) {
    const int error = errno;
    ::unlink(part_.c_str());
    give_up("closed", error);
  }
  if (std::rename(part_.c_str(), path_.c_str()) != 0) {
    const int error = errno;
    ::unlink(part_.c_str());
    fail("ERR_IO", "Cannot rename '", part_, "' to '", path_, "': ", std::strerror(error), ".");
  }
  sync_folder(folder_of(path_));
}

void AtomicFile::give_up(const char* doing, int error) {
  close_and_remove();
  if (error == ENOSPC || error == EDQUOT) {
    fail("ERR_DISK_FULL", "The disk is full: '", path_, "' could not be ", doing, " beyond ",
         bytes_written_,
         " bytes; nothing of it is left, and what was there before stays. Free some "
         "space, or choose another folder, and try again.");
  }
  fail(error == EMFILE || error == ENFILE ? "ERR_TOO_MANY_FILES" : "ERR_IO", "'", path_,
       "' could not be ", doing, ": ", std::strerror(error), "; what was there before stays.");
}

void AtomicFile::close_and_remove() noexcept {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  descriptor_ = -1;
  ::unlink(part_.c_str());
}

void write_file_atomically(const std::string& path, const std::string& bytes) {
  AtomicFile file(path);
  file.write(bytes.data(), bytes.size());
  file.commit();
}

}  // namespace thaw
