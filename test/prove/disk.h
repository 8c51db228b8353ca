// What a disk may hold after a power cut, by POSIX alone: of what was not brought to it by fsync
// any part may be there and any other not. Of a file that is each write and each change of its
// size, a write also in part (sectors of 512 or 4096 bytes, the others as before or zero); of a
// folder, each name that was made, renamed or removed, until the folder itself was. After ALICE
// (Pillai et al., OSDI 2014) and CrashMonkey (Mohan et al., OSDI 2018).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "trace.h"

namespace prove {

// Files by path, with their bytes; no bytes: a folder.
using Image = std::map<std::string, std::optional<std::string>>;

Image read_image(const std::string& folder);
// The folder then holds this and nothing else.
void write_image(const Image& image, const std::string& folder);

class Disk {
 public:
  // `folder` itself lies on the disk, empty.
  explicit Disk(std::string folder) : folder_(std::move(folder)) {}

  void apply(const Record& record);

  enum class Cut { kNothing, kEverything, kSome };  // of what was not brought to the disk
  // Paths relative to the folder.
  Image after(Cut cut, std::mt19937_64& random) const;
  // Nothing would be lost.
  bool settled() const;

 private:
  struct Edit {
    Op op;  // kWrite, kTruncate, kAllocate
    int64_t a;
    std::string data;
  };
  struct File {
    std::string durable, now;
    std::vector<Edit> pending;
  };
  using Names = std::map<std::string, std::shared_ptr<File>>;  // null: a folder
  struct NameEdit {
    std::string parent;
    std::vector<std::pair<std::string, std::optional<std::shared_ptr<File>>>>
        sets;  // nullopt: gone
  };

  void edit(File& file, Edit edit);
  void rename(NameEdit edit);
  static void set(Names& names, const NameEdit& edit);
  static std::string cut_file(const File& file, Cut cut, std::mt19937_64& random);

  std::string folder_;
  Names durable_, now_;
  std::vector<NameEdit> pending_;
  std::map<int64_t, std::shared_ptr<File>> files_;  // by handle
  std::map<int64_t, std::string> folders_;
};

}  // namespace prove
