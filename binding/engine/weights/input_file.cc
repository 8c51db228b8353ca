#include "engine/weights/input_file.h"

#include <algorithm>
#include <cstring>

namespace thaw::weights {
namespace {

constexpr uint64_t kBufferSize = 64 << 10;

[[noreturn]] void refuse(const std::string& path, const FileError& error) {
  if (error.missing()) fail("ERR_WEIGHTS_NOT_FOUND", "There is no weights file '", path, "'.");
  fail(error.code(), "Cannot read weights from '", path, "': ", error.what(), ".");
}

}  // namespace

InputFile::InputFile(const std::string& path) : path_(path) {
  try {
    file_.emplace(path);
  } catch (const FileError& error) {
    refuse(path, error);
  }
  size_ = file_->size();
}

void InputFile::read_at(uint64_t offset, void* to, uint64_t size) const {
  if (offset > size_ || size > size_ - offset) {
    malformed("it ends before byte ", offset, " + ", size, " (truncated?)");
  }
  if (size == 0) return;
  if (!file_) {
    std::memcpy(to, memory_.data() + offset, size);
    return;
  }
  try {
    if (file_->read_at(offset, to, size) < size) malformed("it became shorter while it was read");
  } catch (const FileError& error) {
    refuse(path_, error);
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
