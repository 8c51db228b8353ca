// The entries of a zip archive that are stored as they are: the only ones that PyTorch keeps
// weights in. Nothing is inflated, so no entry is larger than the file and there are no zip bombs;
// names are looked up and never become paths.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/weights/input_file.h"

namespace thaw::weights {

class ZipDirectory {
 public:
  // Borrows the file. Throws ERR_WEIGHTS_FORMAT where its end is no table of contents, or entries
  // overlap, share a name, reach beyond the file, or have a name that leads out of a folder.
  explicit ZipDirectory(const InputFile& file);

  // In the file's order.
  const std::vector<std::string>& names() const { return names_; }

  bool has(const std::string& name) const { return entries_.contains(name); }

  // In bytes, which are all in the file. Throws ERR_WEIGHTS_FORMAT for an entry that is missing,
  // compressed or encrypted.
  uint64_t size(const std::string& name) const;

  // Copies size(name) bytes.
  void read(const std::string& name, void* to) const;

 private:
  struct Entry {
    uint64_t header;  // where its local header begins
    uint64_t end;     // where the next entry begins, or the table of contents
    uint64_t size;
    bool plain;  // neither compressed nor encrypted
  };

  const Entry& plain(const std::string& name) const;

  const InputFile& file_;
  std::vector<std::string> names_;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace thaw::weights
