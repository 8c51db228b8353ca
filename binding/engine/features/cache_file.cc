#include "engine/features/cache_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "engine/device/parallel.h"
#include "engine/error.h"
#include "engine/files/checksum.h"
#include "engine/files/folder.h"
#include "engine/notice.h"

namespace thaw::features {
namespace {

constexpr int64_t kPage = 4096;

// The file begins with this; entries and rows follow, each from a page of its own.
struct Header {
  char magic[16];
  char key[64];
  int64_t rows, row_bytes;
};

int64_t pages(int64_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

Header make_header(const std::string& key, int64_t rows, int64_t row_bytes) {
  Header header{.magic = "thaw-features-3", .key = {}, .rows = rows, .row_bytes = row_bytes};
  std::memcpy(header.key, key.data(), std::min(key.size(), sizeof(header.key)));
  return header;
}

bool no_room(int error) { return error == ENOSPC || error == EDQUOT || error == EFBIG; }

[[noreturn]] void refuse(const std::string& path, int error) {
  fail(no_room(error) ? "ERR_DISK_FULL" : "ERR_IO", "The features file ", path,
       " cannot be written: ", std::strerror(error), ".");
}

bool read_whole(int file, void* bytes, size_t size, int64_t place) {
  auto* to = static_cast<char*>(bytes);
  while (size > 0) {
    const ssize_t got = pread(file, to, size, place);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    place += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

}  // namespace

CacheFile::CacheFile(const std::string& path, const std::string& key, int64_t rows,
                     int64_t row_bytes)
    : path_(path), row_bytes_(row_bytes) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (const std::error_code error = make_folders(folder)) refuse(path, error.value());
  const Header wanted = make_header(key, rows, row_bytes);
  key_ = checksum(&wanted, sizeof(wanted));
  rows_place_ = pages(sizeof(Header)) + pages(rows * static_cast<int64_t>(sizeof(Entry)));
  end_ = row_place(rows);
  file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file_ < 0) refuse(path, errno);
  try {
    // Where locks are not to be had, two runs at worst compute anew what the other has overwritten.
    if (flock(file_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
      fail("ERR_IO", "Another run uses the features file ", path, ".");
    Header found{};
    struct stat facts {};
    const bool reused = fstat(file_, &facts) == 0 && facts.st_size == end_ &&
                        read_whole(file_, &found, sizeof(found), 0) &&
                        std::memcmp(&found, &wanted, sizeof(found)) == 0;
    if (!reused) begin_anew(&wanted, sizeof(wanted));
    entries_.resize(static_cast<size_t>(rows));
    if (reused) read_entries();
  } catch (...) {
    close(file_);
    throw;
  }
}

CacheFile::~CacheFile() { close(file_); }  // unlocks

void CacheFile::begin_anew(const void* header, size_t size) {
  if (ftruncate(file_, 0) != 0) refuse(path_, errno);
  int failure = posix_fallocate(file_, 0, end_);
  // Last: without it the file counts as empty.
  if (failure == 0 && !write(header, size, 0)) failure = errno;
  if (failure == 0) return;
  (void)!ftruncate(file_, 0);
  refuse(path_, failure);
}

void CacheFile::read_entries() {
  const size_t bytes = entries_.size() * sizeof(Entry);
  if (!read_whole(file_, entries_.data(), bytes, pages(sizeof(Header)))) {
    std::fill(entries_.begin(), entries_.end(), Entry{});
    notice("The table of the features file " + path_ + " cannot be read: it begins anew.");
    return;
  }
  int64_t damaged = 0;
  for (size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    static constexpr Entry kNone{};
    if (std::memcmp(&entry, &kNone, sizeof(Entry)) == 0) continue;
    if (entry.checksum == entry_checksum(static_cast<int64_t>(i), entry)) continue;
    entry = {};
    ++damaged;
  }
  if (damaged > 0) {
    notice(std::to_string(damaged) + " of " + std::to_string(entries_.size()) +
           " entries of the features file " + path_ +
           " are damaged: what they stood for is computed again.");
  }
}

uint64_t CacheFile::seed(int64_t row) const { return key_ ^ static_cast<uint64_t>(row); }

uint64_t CacheFile::entry_checksum(int64_t row, const Entry& entry) const {
  return checksum(&entry, offsetof(Entry, checksum), seed(row));
}

bool CacheFile::begun() const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const Entry& entry) { return entry.state != State::kAbsent; });
}

bool CacheFile::write(const void* bytes, size_t size, int64_t place) {
  const auto* from = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t written = pwrite(file_, from, size, place);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    from += written;
    place += written;
    size -= static_cast<size_t>(written);
  }
  return true;
}

void CacheFile::put(int64_t row, const void* bytes, const std::string& contents) {
  forget(row);
  if (!writable_) return;
  const auto size = static_cast<size_t>(row_bytes_);
  if (write(bytes, size, row_place(row))) {
    write_entry(row, State::kPresent, checksum(bytes, size, seed(row)), contents);
  } else {
    writable_ = false;
    notice("The features file " + path_ + " can no longer be written (" + std::strerror(errno) +
           "): what is not in it is computed in every epoch.");
  }
}

void CacheFile::put_unreadable(int64_t row, const std::string& contents) {
  write_entry(row, State::kUnreadable, 0, contents);
}

// In this run it holds even where it cannot be written down for the next.
void CacheFile::write_entry(int64_t row, State state, uint64_t row_checksum,
                            const std::string& contents) {
  Entry entry{.contents = {}, .state = state, .row = row_checksum, .checksum = 0};
  std::memcpy(entry.contents, contents.data(), std::min(contents.size(), sizeof(entry.contents)));
  entry.checksum = entry_checksum(row, entry);
  entries_[static_cast<size_t>(row)] = entry;
  const auto place = row * static_cast<int64_t>(sizeof(Entry));
  if (writable_) (void)write(&entry, sizeof(entry), pages(sizeof(Header)) + place);
}

std::vector<int64_t> CacheFile::read(const std::vector<int64_t>& rows, void* to) {
  const auto size = static_cast<size_t>(row_bytes_);
  std::vector<uint8_t> right(rows.size());
  // No tensor operation in here.
  device::parallel_ranges(static_cast<int64_t>(rows.size()), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t row = rows[static_cast<size_t>(i)];
      char* const bytes = static_cast<char*>(to) + i * row_bytes_;
      right[static_cast<size_t>(i)] =
          read_whole(file_, bytes, size, row_place(row)) &&
          checksum(bytes, size, seed(row)) == entries_[static_cast<size_t>(row)].row;
    }
  });
  std::vector<int64_t> damaged;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (right[i]) continue;
    forget(rows[i]);
    damaged.push_back(static_cast<int64_t>(i));
  }
  return damaged;
}

void CacheFile::keep_only(const std::vector<std::string>& contents) {
  for (size_t row = 0; row < entries_.size(); ++row) {
    Entry& entry = entries_[row];
    const char* const end = std::find(std::begin(entry.contents), std::end(entry.contents), '\0');
    if (contents[row % contents.size()] != std::string_view(entry.contents, end)) entry = {};
  }
}

void CacheFile::will_need(const std::vector<int64_t>& rows) const {
  for (const int64_t row : rows)
    posix_fadvise(file_, row_place(row), row_bytes_, POSIX_FADV_WILLNEED);
}

}  // namespace thaw::features
