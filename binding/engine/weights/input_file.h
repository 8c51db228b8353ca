// A weights file opened for reading, by position, and a buffered walk through it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/files/regular_file.h"
#include "engine/weights/byte_source.h"

namespace thaw::weights {

class InputFile {
 public:
  // Throws ERR_WEIGHTS_NOT_FOUND, ERR_IO.
  explicit InputFile(const std::string& path);

  // Borrows bytes that are in memory already; `name` takes the path's place.
  InputFile(std::string name, std::string_view bytes)
      : path_(std::move(name)), memory_(bytes), size_(bytes.size()) {}

  const std::string& path() const { return path_; }
  uint64_t size() const { return size_; }

  // Exactly these bytes. Throws ERR_IO; ERR_WEIGHTS_FORMAT where the file ends before.
  void read_at(uint64_t offset, void* to, uint64_t size) const;

  // Up to `size` bytes, fewer at the end of the file.
  std::string peek(uint64_t offset, uint64_t size) const;

 private:
  std::string path_;
  std::optional<RegularFile> file_;  // none for bytes in memory
  std::string_view memory_;
  uint64_t size_ = 0;
};

class FileSource final : public ByteSource {
 public:
  explicit FileSource(const InputFile& file) : file_(file) {}

  void read(void* to, uint64_t size) override;
  uint64_t remaining() const override { return file_.size() - position_; }
  uint64_t position() const { return position_; }

 private:
  const InputFile& file_;
  uint64_t position_ = 0;
  std::vector<char> buffer_;
  uint64_t buffer_start_ = 0;
};

}  // namespace thaw::weights
