#include "engine/features/cache_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "engine/error.h"

namespace thaw::features {
namespace {

constexpr int64_t kPage = 4096;
constexpr char kMagic[16] = "thaw-features-2";
constexpr int64_t kDigest = 40;  // bytes

// The file begins with this; states, checksums, digests and rows follow, each from a page of its
// own.
struct Header {
  char magic[16];
  char key[64];
  int64_t rows, row_bytes;
};

int64_t pages(int64_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

struct Places {
  int64_t states, checksums, contents, rows, end;

  Places(int64_t count, int64_t row_bytes)
      : states(pages(sizeof(Header))),
        checksums(states + pages(count)),
        contents(checksums + pages(count * 8)),
        rows(contents + pages(count * kDigest)),
        end(rows + pages(count * row_bytes)) {}
};

[[noreturn]] void refuse(const std::string& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  fail(full ? "ERR_DISK_FULL" : "ERR_IO", "The activation cache ", path,
       " cannot be written: ", std::strerror(error), ".");
}

Header make_header(const std::string& key, int64_t rows, int64_t row_bytes) {
  Header header{};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  std::memcpy(header.key, key.data(), std::min(key.size(), sizeof(header.key)));
  header.rows = rows;
  header.row_bytes = row_bytes;
  return header;
}

}  // namespace

// The open, locked file and its memory; both go with the last tensor over it.
struct CacheFile::Mapping {
  explicit Mapping(const std::string& path)
      : file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (file < 0) refuse(path, errno);
  }
  ~Mapping() {
    if (bytes) munmap(bytes, static_cast<size_t>(size));
    close(file);  // unlocks
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  int file;
  uint8_t* bytes = nullptr;
  int64_t size = 0;
};

CacheFile::CacheFile(const std::string& path, const std::string& key, int64_t rows,
                     int64_t row_bytes) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error) refuse(path, error.value());
  mapping_ = std::make_shared<Mapping>(path);
  Mapping& mapping = *mapping_;
  if (flock(mapping.file, LOCK_EX | LOCK_NB) != 0) {
    fail("ERR_CACHE_IN_USE", "Another run uses the activation cache ", path, ".");
  }
  const Places places(rows, row_bytes);
  const Header wanted = make_header(key, rows, row_bytes);
  Header found{};
  struct stat facts {};
  const bool reused = fstat(mapping.file, &facts) == 0 && facts.st_size == places.end &&
                      pread(mapping.file, &found, sizeof(found), 0) == sizeof(found) &&
                      std::memcmp(&found, &wanted, sizeof(found)) == 0;
  if (!reused) {
    if (ftruncate(mapping.file, 0) != 0) refuse(path, errno);
    const int failure = posix_fallocate(mapping.file, 0, places.end);
    if (failure != 0) {
      (void)!ftruncate(mapping.file, 0);
      refuse(path, failure);
    }
  }
  void* bytes = mmap(nullptr, static_cast<size_t>(places.end), PROT_READ | PROT_WRITE, MAP_SHARED,
                     mapping.file, 0);
  if (bytes == MAP_FAILED) refuse(path, errno);
  mapping.bytes = static_cast<uint8_t*>(bytes);
  mapping.size = places.end;

  const auto tensor = [&](int64_t place, at::IntArrayRef sizes, at::ScalarType type) {
    return at::from_blob(
        mapping.bytes + place, sizes, [keep = mapping_](void*) {}, type);
  };
  states_ = tensor(places.states, {rows}, at::kByte);
  checksums_ = tensor(places.checksums, {rows}, at::kLong);
  contents_ = tensor(places.contents, {rows, kDigest}, at::kByte);
  rows_ = tensor(places.rows, {rows, row_bytes}, at::kByte);
  if (reused) {
    check_rows();
  } else {
    // Last: without it the file counts as empty.
    std::memcpy(mapping.bytes, &wanted, sizeof(wanted));
  }
}

void CacheFile::check_rows() {
  constexpr int64_t kBytesAtOnce = 64 << 20;
  const int64_t step = std::max<int64_t>(1, kBytesAtOnce / rows_.size(1));
  for (int64_t first = 0; first < rows_.size(0); first += step) {
    const int64_t count = std::min(step, rows_.size(0) - first);
    const at::Tensor states = states_.narrow(0, first, count);
    if (!states.eq(1).any().item<bool>()) continue;
    const at::Tensor right = row_checksums(rows_.narrow(0, first, count))
                                 .eq(checksums_.narrow(0, first, count))
                                 .logical_or(states.ne(1));
    states.mul_(right.to(at::kByte));
  }
}

void CacheFile::seal(const std::vector<int64_t>& rows, const at::Tensor& bytes) {
  checksums_.index_copy_(0, at::tensor(rows, at::kLong), row_checksums(bytes));
}

void CacheFile::name(int64_t row, const std::string& contents) {
  uint8_t* const to = contents_.mutable_data_ptr<uint8_t>() + row * kDigest;
  std::memset(to, 0, kDigest);
  std::memcpy(to, contents.data(), std::min(contents.size(), static_cast<size_t>(kDigest)));
}

void CacheFile::keep_only(const std::vector<std::string>& contents) {
  uint8_t* const states = states_.mutable_data_ptr<uint8_t>();
  const auto* of_row = reinterpret_cast<const char*>(contents_.const_data_ptr<uint8_t>());
  for (int64_t row = 0; row < states_.size(0); ++row, of_row += kDigest) {
    const std::string& wanted = contents[static_cast<size_t>(row) % contents.size()];
    if (wanted != std::string(of_row, strnlen(of_row, kDigest))) states[row] = 0;
  }
}

void CacheFile::will_need(const std::vector<int64_t>& rows) const {
  const int64_t row_bytes = rows_.size(1);
  uint8_t* const start = mapping_->bytes;
  const int64_t first_row = rows_.mutable_data_ptr<uint8_t>() - start;
  for (const int64_t row : rows) {
    const int64_t from = (first_row + row * row_bytes) / kPage * kPage;
    const int64_t to = first_row + (row + 1) * row_bytes;
    madvise(start + from, static_cast<size_t>(to - from), MADV_WILLNEED);
  }
}

at::Tensor row_checksums(const at::Tensor& bytes) {
  const at::Tensor words = bytes.view(at::kLong);
  // Odd multipliers, different for each place.
  const at::Tensor places = at::arange(words.size(1), at::kLong).mul_(2).add_(1);
  const at::Tensor multipliers = places.mul_(int64_t{-7046029254386353131}).bitwise_or_(1);
  return (words * multipliers).sum(1).add_(1);
}

}  // namespace thaw::features
