#include "disk.h"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace prove {
namespace {

namespace fs = std::filesystem;

std::string parent_of(const std::string& path) { return fs::path(path).parent_path().string(); }

bool chance(std::mt19937_64& random, double share) {
  return std::uniform_real_distribution<>(0, 1)(random) < share;
}

size_t below(std::mt19937_64& random, size_t limit) {
  return std::uniform_int_distribution<size_t>(0, limit - 1)(random);
}

void write_at(std::string& bytes, int64_t offset, const std::string& data) {
  const auto at = static_cast<size_t>(offset);
  if (bytes.size() < at + data.size()) bytes.resize(at + data.size());
  std::copy(data.begin(), data.end(), bytes.begin() + offset);
}

// Some sectors of a write: the first ones, or any; behind the old end, the others are zeros or
// missing.
void write_in_part(std::string& bytes, int64_t offset, const std::string& data,
                   std::mt19937_64& random) {
  const size_t sector = chance(random, 0.5) ? 512 : 4096;
  const size_t sectors = (data.size() + sector - 1) / sector;
  const bool in_order = chance(random, 0.5);
  const size_t first = below(random, sectors + 1);
  for (size_t i = 0; i < sectors; ++i) {
    if (in_order ? i >= first : chance(random, 0.5)) continue;
    write_at(bytes, offset + static_cast<int64_t>(i * sector), data.substr(i * sector, sector));
  }
  const size_t end = static_cast<size_t>(offset) + data.size();
  if (bytes.size() < end && chance(random, 0.5)) bytes.resize(end);
}

}  // namespace

Image read_image(const std::string& folder) {
  Image image;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string path = fs::relative(entry.path(), folder).string();
    if (entry.is_directory()) {
      image[path] = std::nullopt;
    } else {
      std::ifstream in(entry.path(), std::ios::binary);
      image[path] =
          std::string{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    }
  }
  return image;
}

void write_image(const Image& image, const std::string& folder) {
  fs::remove_all(folder);
  fs::create_directories(folder);
  for (const auto& [path, bytes] : image) {
    if (bytes) {
      std::ofstream(fs::path(folder) / path, std::ios::binary) << *bytes;
    } else {
      fs::create_directories(fs::path(folder) / path);
    }
  }
}

void Disk::set(Names& names, const NameEdit& edit) {
  for (const auto& [path, file] : edit.sets) {
    if (file) {
      names[path] = *file;
    } else {
      names.erase(path);
    }
  }
}

void Disk::rename(NameEdit edit) {
  set(now_, edit);
  pending_.push_back(std::move(edit));
}

void Disk::edit(File& file, Edit edit) {
  if (edit.op == Op::kWrite) write_at(file.now, edit.a, edit.data);
  if (edit.op == Op::kTruncate) file.now.resize(static_cast<size_t>(edit.a));
  if (edit.op == Op::kAllocate)
    file.now.resize(std::max(file.now.size(), static_cast<size_t>(edit.a)));
  file.pending.push_back(std::move(edit));
}

void Disk::apply(const Record& record) {
  switch (record.op) {
    case Op::kOpen: {
      // Numbers begin anew with the next process.
      files_.erase(record.handle);
      folders_.erase(record.handle);
      if ((record.a & O_DIRECTORY) || record.path == folder_) {
        folders_[record.handle] = record.path;
        return;
      }
      auto found = now_.find(record.path);
      if (found == now_.end()) {
        rename({parent_of(record.path), {{record.path, std::make_shared<File>()}}});
        found = now_.find(record.path);
      }
      if (!found->second) {  // a folder, opened as Node does
        folders_[record.handle] = record.path;
        return;
      }
      files_[record.handle] = found->second;
      if ((record.a & O_TRUNC) && !found->second->now.empty())
        edit(*found->second, {Op::kTruncate, 0, {}});
      return;
    }
    case Op::kWrite:
    case Op::kTruncate:
    case Op::kAllocate:
      return edit(*files_.at(record.handle), {record.op, record.a, record.data});
    case Op::kSync: {
      const auto file = files_.find(record.handle);
      if (file != files_.end()) {
        file->second->durable = file->second->now;
        file->second->pending.clear();
        return;
      }
      const std::string& folder = folders_.at(record.handle);
      std::erase_if(pending_, [&](const NameEdit& edit) {
        if (edit.parent != folder) return false;
        set(durable_, edit);
        return true;
      });
      return;
    }
    case Op::kRename: {
      NameEdit edit{parent_of(record.other), {}};
      const Names before = now_;
      for (const auto& [path, file] : before) {
        if (path != record.path && !path.starts_with(record.path + "/")) continue;
        edit.sets.emplace_back(path, std::nullopt);
        edit.sets.emplace_back(record.other + path.substr(record.path.size()), file);
      }
      return rename(std::move(edit));
    }
    case Op::kUnlink:
    case Op::kRemoveFolder:
      return rename({parent_of(record.path), {{record.path, std::nullopt}}});
    case Op::kMakeFolder:
      return rename({parent_of(record.path), {{record.path, std::shared_ptr<File>()}}});
    case Op::kLink:
      return rename({parent_of(record.other), {{record.other, now_.at(record.path)}}});
    default:
      return;
  }
}

bool Disk::settled() const {
  const auto unchanged = [](const auto& entry) {
    return !entry.second || entry.second->pending.empty();
  };
  return pending_.empty() && std::all_of(now_.begin(), now_.end(), unchanged);
}

std::string Disk::cut_file(const File& file, Cut cut, std::mt19937_64& random) {
  if (cut == Cut::kEverything) return file.now;
  std::string bytes = file.durable;
  if (cut == Cut::kNothing) return bytes;
  for (const Edit& edit : file.pending) {
    const size_t kind = below(random, 4);
    const auto end = static_cast<size_t>(edit.a);
    if (kind == 0) continue;
    if (edit.op == Op::kTruncate) bytes.resize(end);
    if (edit.op == Op::kAllocate) bytes.resize(std::max(bytes.size(), end));
    if (edit.op != Op::kWrite) continue;
    if (kind == 1) {
      write_in_part(bytes, edit.a, edit.data, random);
    } else if (kind == 2) {
      bytes.resize(std::max(bytes.size(), end + edit.data.size()));  // its size alone
    } else {
      write_at(bytes, edit.a, edit.data);
    }
  }
  return bytes;
}

Image Disk::after(Cut cut, std::mt19937_64& random) const {
  Names names = durable_;
  // A journal loses the last ones; without one, any.
  const bool in_order = chance(random, 0.3);
  const size_t kept = below(random, pending_.size() + 1);
  for (size_t i = 0; i < pending_.size(); ++i) {
    const bool there = in_order ? i < kept : chance(random, 0.5);
    if (cut == Cut::kEverything || (cut == Cut::kSome && there)) set(names, pending_[i]);
  }
  Image image;
  for (const auto& [path, file] : names) {
    const std::string parent = parent_of(path);
    // Names in a folder that is not there lead nowhere; parents stand before what is in them.
    const std::string relative = path.substr(folder_.size() + 1);
    if (parent != folder_ && !image.contains(parent.substr(folder_.size() + 1))) continue;
    image[relative] = file ? std::optional(cut_file(*file, cut, random)) : std::nullopt;
  }
  return image;
}

}  // namespace prove
