// Where libtorch's writer of archives puts its bytes.
#pragma once

#include <optional>

#include "engine/error.h"
#include "engine/files/atomic_file.h"

namespace thaw::weights {

// libtorch's writer can neither be left by an exception (C code is in between) nor be told of a
// short write (its destructor writes on, throws, and ends the process): after a failure it writes
// to nowhere, and finish() says what happened.
class ArchiveSink {
 public:
  explicit ArchiveSink(const std::string& path) : file_(path) {}

  size_t write(const void* data, size_t size) noexcept {
    try {
      if (!failure_) file_.write(data, size);
    } catch (const Error& error) {
      failure_ = error;
    }
    return size;
  }

  // Throws ERR_DISK_FULL, ERR_IO.
  void finish() {
    if (failure_) throw *failure_;
    file_.commit();
  }

 private:
  AtomicFile file_;
  std::optional<Error> failure_;
};

}  // namespace thaw::weights
