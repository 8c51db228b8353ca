#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "engine/data/sample.h"
#include "engine/error.h"

namespace thaw::data {

namespace {

struct Descriptor {
  int value;
  ~Descriptor() {
    if (value >= 0) ::close(value);
  }
};

[[noreturn]] void refuse(const std::string& path, const std::string& reason) {
  fail("ERR_IMAGE_READ", "Cannot read ", path, ": ", reason, ".");
}

std::string system_reason() { return std::generic_category().message(errno); }

}  // namespace

void read_file(const std::string& path, std::vector<uint8_t>& bytes) {
  // Without O_NONBLOCK a named pipe among the files would wait for ever.
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.value < 0) refuse(path, system_reason());
  struct stat status;
  if (::fstat(file.value, &status) != 0) refuse(path, system_reason());
  if (!S_ISREG(status.st_mode)) refuse(path, "it is no regular file");
  bytes.resize(static_cast<size_t>(status.st_size));
  size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t count = ::read(file.value, bytes.data() + filled, bytes.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) refuse(path, system_reason());
    if (count == 0) break;  // it has become shorter
    filled += static_cast<size_t>(count);
  }
  bytes.resize(filled);
}

}  // namespace thaw::data
