// The activation cache and its file: what is kept, found again, refused.
#include "engine/features/cache.h"

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "check.h"
#include "drawn.h"
#include "engine/files/checksum.h"

using namespace thaw;
using features::ActivationCache, features::CacheFile;

namespace {

const drawn::Folder folder;

ActivationCache::Layout layout_of(at::ScalarType type = at::kBFloat16) {
  return {.rows = 6, .shape = {8, 3, 2}, .type = type};
}

at::Tensor drawn_features(int64_t n, at::ScalarType type) {
  return at::randn({n, 8, 3, 2}).to(type).contiguous(at::MemoryFormat::ChannelsLast);
}

std::unique_ptr<ActivationCache> in_file(const std::string& path, const std::string& key = "k") {
  const ActivationCache::Layout layout = layout_of();
  return std::make_unique<ActivationCache>(
      layout, std::make_unique<CacheFile>(path, key, layout.rows, layout.row_bytes()));
}

at::Tensor rows(std::vector<int64_t> values) { return at::tensor(values, at::kLong); }

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void change(const std::string& path, int64_t place, const std::string& bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(place);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// Of the header's, the entries' and the rows' page.
constexpr int64_t kEntries = 4096, kEntryBytes = 64, kRows = 8192, kRowBytes = 96;

}  // namespace

TEST("rows come back bit for bit, in any order, in channels-last memory") {
  at::manual_seed(1);
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    ActivationCache cache(layout_of(type), at::kCPU);
    CHECK(!cache.complete(0, 6));
    const at::Tensor first = drawn_features(4, type), second = drawn_features(2, type);
    cache.put({5, 0, 3, 1}, first);
    CHECK(cache.has(5) && !cache.has(2));
    cache.put({2, 4}, second);
    CHECK(cache.complete(0, 6));
    const at::Tensor back = cache.get(rows({1, 5, 4})).features;
    CHECK(at::equal(back, at::stack({first[3], first[0], second[1]})));
    CHECK(back.is_contiguous(at::MemoryFormat::ChannelsLast));
  }
  ActivationCache pooled({.rows = 3, .shape = {5}, .type = at::kFloat}, at::kCPU);
  const at::Tensor vectors = at::randn({2, 5});
  pooled.put({2, 0}, vectors);
  CHECK(at::equal(pooled.get(rows({0, 2})).features, vectors.flip(0)));
}

TEST("what cannot be read counts as dealt with, but is not there") {
  ActivationCache cache(layout_of(), at::kCPU);
  cache.put({0, 1, 2, 4, 5}, drawn_features(5, at::kBFloat16));
  CHECK(!cache.complete(0, 6));
  cache.mark_unreadable(3);
  CHECK(cache.complete(0, 6));
  CHECK(!cache.has(3) && cache.unreadable(3));
}

TEST("a file keeps its rows for the next run with the same key") {
  const std::string path = folder.file("deep/down/train.features");
  const at::Tensor kept = drawn_features(2, at::kBFloat16);
  {
    const auto cache = in_file(path);
    CHECK(cache->place() == ActivationCache::Place::kDisk);
    cache->put({4, 1}, kept);
    cache->mark_unreadable(0);
    cache->announce({1, 4});
  }
  {
    const auto cache = in_file(path);
    CHECK(cache->has(1) && cache->has(4) && !cache->has(2) && cache->unreadable(0));
    CHECK(at::equal(cache->get(rows({4, 1})).features, kept));
  }
  const auto other = in_file(path, "another key");
  for (int64_t row = 0; row < 6; ++row) CHECK(!other->has(row) && !other->unreadable(row));
}

// What a run does with the file: it asks for what is there, and what it gets has to be right.
TEST("every byte of the file, flipped, is noticed or of no effect") {
  const std::string path = folder.file("flipped.features");
  const at::Tensor right = drawn_features(6, at::kBFloat16);
  const std::vector<std::string> contents = {"zero", "one", std::string(40, 'f'), "", "no", "gone"};
  {
    const auto cache = in_file(path);
    cache->put({0, 1, 2, 3}, right.narrow(0, 0, 4), {contents.begin(), contents.begin() + 4});
    cache->mark_unreadable(4, "no");  // row 5 is absent
  }
  const std::string whole = bytes_of(path);
  CHECK_EQUAL(whole.size(), static_cast<size_t>(kRows + 6 * kRowBytes));
  int64_t noticed = 0;
  for (size_t place = 0; place < whole.size(); ++place) {
    std::string flipped(1, whole[place]);
    flipped[0] = static_cast<char>(flipped[0] ^ (1 << place % 8));
    change(path, static_cast<int64_t>(place), flipped);
    auto file = std::make_unique<CacheFile>(path, "k", 6, kRowBytes);
    file->keep_only(contents);
    ActivationCache cache(layout_of(), std::move(file));
    bool all = cache.unreadable(4);
    for (int64_t row = 0; row < 6; ++row) {
      CHECK(row == 4 || !cache.unreadable(row));
      CHECK(row < 4 || !cache.has(row));
      if (!cache.has(row)) {
        all &= row >= 4;
        continue;
      }
      const auto found = cache.get(rows({row}));
      if (found.damaged.empty()) {
        CHECK(at::equal(found.features, right.narrow(0, row, 1)));
      } else {
        all = false;
        CHECK(!cache.has(row));
      }
    }
    noticed += all ? 0 : 1;
    change(path, static_cast<int64_t>(place), whole.substr(place, 1));
    // A header that is not believed has emptied the file.
    if (place < 96) change(path, 0, whole);
  }
  // The header's fields, five entries and four rows; the rest is never looked at, but for an entry
  // of zeros, which is as absent with one bit set.
  CHECK_EQUAL(noticed, 96 + 5 * kEntryBytes + 4 * kRowBytes);
}

TEST("what a crash leaves of unordered writes, and a file that is cut in use, are computed anew") {
  const std::string path = folder.file("torn.features");
  const at::Tensor right = drawn_features(6, at::kBFloat16);
  const auto cache = in_file(path);
  cache->put({0, 1, 2, 3, 4, 5}, right);
  // An entry without its row, a row of which a part is of before, two rows changed about.
  change(path, kRows, std::string(kRowBytes, 0));
  change(path, kRows + kRowBytes, std::string(kRowBytes / 2, 0));
  const std::string whole = bytes_of(path);
  change(path, kRows + 2 * kRowBytes, whole.substr(kRows + 3 * kRowBytes, kRowBytes));
  change(path, kRows + 3 * kRowBytes, whole.substr(kRows + 2 * kRowBytes, kRowBytes));
  const auto found = cache->get(rows({5, 4, 3, 2, 1, 0}));
  CHECK(found.damaged == (std::vector<int64_t>{2, 3, 4, 5}));
  CHECK(at::equal(found.features.narrow(0, 0, 2), right.narrow(0, 4, 2).flip(0)));
  CHECK(cache->has(5) && !cache->has(3) && !cache->complete(0, 6));
  std::filesystem::resize_file(path, kRows + 5 * kRowBytes);
  CHECK(cache->get(rows({4, 5})).damaged == std::vector<int64_t>{1});
  std::filesystem::resize_file(path, 0);
  CHECK(cache->get(rows({4})).damaged == std::vector<int64_t>{0});
  // And it is whole again once they have been.
  cache->put({0, 1, 2, 3, 4, 5}, right);
  CHECK(at::equal(cache->get(rows({0, 1, 2, 3, 4, 5})).features, right));
}

TEST("rows of an older key are not there under a new one, even where their bytes have survived") {
  const std::string path = folder.file("older.features");
  in_file(path, "old")->put({0, 1}, drawn_features(2, at::kBFloat16));
  const std::string old = bytes_of(path);
  in_file(path, "new");
  change(path, kEntries, old.substr(kEntries));
  const auto cache = in_file(path, "new");
  for (int64_t row = 0; row < 6; ++row) CHECK(!cache->has(row));
}

TEST("a file that can no longer be written is given up for what is not in it") {
  const std::string path = folder.file("limited.features");
  const at::Tensor right = drawn_features(6, at::kBFloat16);
  const auto cache = in_file(path);
  cache->put({0}, right.narrow(0, 0, 1));
  // As a full disk does: writes beyond so many bytes fail.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before = {};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small = {kRows, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  cache->put({1, 2}, right.narrow(0, 1, 2));
  ::setrlimit(RLIMIT_FSIZE, &before);
  CHECK(cache->has(0) && !cache->has(1) && !cache->has(2) && !cache->complete(0, 6));
  CHECK(at::equal(cache->get(rows({0})).features, right.narrow(0, 0, 1)));
}

TEST("two runs do not share a file; what cannot be written is refused") {
  const std::string path = folder.file("shared.features");
  auto first = in_file(path);
  CHECK_THROWS(in_file(path), "ERR_IO");
  first.reset();
  in_file(path);
  folder.write("file", {1});
  CHECK_THROWS(in_file(folder.file("file/below.features")), "ERR_IO");
  // More than any disk holds.
  CHECK_THROWS(CacheFile(folder.file("huge.features"), "k", int64_t{1} << 40, 1 << 20),
               "ERR_DISK_FULL");
  CHECK_EQUAL(std::filesystem::file_size(folder.file("huge.features")), 0u);
}

TEST("checksums tell every bit, order, length and seed") {
  std::string bytes(83, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 37);
  std::set<uint64_t> seen = {checksum(bytes.data(), bytes.size())};
  const auto is_new = [&](const std::string& changed, uint64_t seed = 0) {
    CHECK(seen.insert(checksum(changed.data(), changed.size(), seed)).second);
  };
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    is_new(changed);
  }
  is_new(bytes.substr(32) + bytes.substr(0, 32));
  is_new(bytes.substr(0, 82));
  is_new(bytes + '\0');
  is_new(bytes, 1);
  // The highest bits of two words, which sums of products would lose.
  std::string two = bytes;
  two[7] = static_cast<char>(two[7] ^ 0x80);
  two[39] = static_cast<char>(two[39] ^ 0x80);
  is_new(two);
}

TEST_MAIN()
