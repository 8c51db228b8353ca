// The activation cache and its file: what is kept, found again, refused.
#include "engine/features/cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "check.h"
#include "drawn.h"

using namespace thaw;
using features::ActivationCache, features::CacheFile, features::row_checksums;

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

// Turns one byte of the file over, counted from its end.
void damage(const std::string& path, int64_t from_end) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(-from_end, std::ios::end);
  const char byte = static_cast<char>(file.get() ^ 1);
  file.seekp(-from_end, std::ios::end);
  file.put(byte);
}

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
    const at::Tensor back = cache.get(rows({1, 5, 4}));
    CHECK(at::equal(back, at::stack({first[3], first[0], second[1]})));
    CHECK(back.is_contiguous(at::MemoryFormat::ChannelsLast));
  }
  ActivationCache pooled({.rows = 3, .shape = {5}, .type = at::kFloat}, at::kCPU);
  const at::Tensor vectors = at::randn({2, 5});
  pooled.put({2, 0}, vectors);
  CHECK(at::equal(pooled.get(rows({0, 2})), vectors.flip(0)));
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
    CHECK(at::equal(cache->get(rows({4, 1})), kept));
  }
  const auto other = in_file(path, "another key");
  for (int64_t row = 0; row < 6; ++row) CHECK(!other->has(row) && !other->unreadable(row));
}

TEST("damaged rows, headers and sizes are not believed") {
  const std::string path = folder.file("damaged.features");
  const auto fill = [&] {
    in_file(path)->put({0, 1, 2, 3, 4, 5}, drawn_features(6, at::kBFloat16));
  };
  fill();
  const auto size = static_cast<int64_t>(std::filesystem::file_size(path));
  // Rows of 96 bytes begin on the last page.
  damage(path, 4096 - 2 * 96 - 5);
  {
    const auto cache = in_file(path);
    for (int64_t row = 0; row < 6; ++row) CHECK_EQUAL(cache->has(row), row != 2);
  }
  fill();
  damage(path, size - 3);
  CHECK(!in_file(path)->has(0));
  fill();
  std::filesystem::resize_file(path, size - 1);
  CHECK(!in_file(path)->has(0));
  // Zeros where a row was, as a power failure may leave them.
  fill();
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-4096, std::ios::end);
    const std::vector<char> zeros(96, 0);
    file.write(zeros.data(), 96);
  }
  const auto cache = in_file(path);
  CHECK(!cache->has(0) && cache->has(1));
}

TEST("two runs do not share a file; what cannot be written is refused") {
  const std::string path = folder.file("shared.features");
  auto first = in_file(path);
  CHECK_THROWS(in_file(path), "ERR_CACHE_IN_USE");
  first.reset();
  in_file(path);
  folder.write("file", {1});
  CHECK_THROWS(in_file(folder.file("file/below.features")), "ERR_IO");
  // More than any disk holds.
  CHECK_THROWS(CacheFile(folder.file("huge.features"), "k", int64_t{1} << 40, 1 << 20),
               "ERR_DISK_FULL");
  CHECK_EQUAL(std::filesystem::file_size(folder.file("huge.features")), 0u);
}

TEST("checksums tell changed, moved and missing words") {
  at::manual_seed(2);
  const at::Tensor bytes = at::randint(0, 256, {3, 64}, at::kByte);
  const at::Tensor before = row_checksums(bytes);
  CHECK_EQUAL(before.sizes(), (at::IntArrayRef{3}));
  const at::Tensor words = bytes.view(at::kLong);
  at::Tensor swapped = words.clone();
  swapped[1][0] = words[1][1];
  swapped[1][1] = words[1][0];
  CHECK(at::equal(row_checksums(swapped.view(at::kByte)).eq(before),
                  at::tensor({1, 0, 1}, at::kInt).to(at::kBool)));
  CHECK(!at::equal(row_checksums(at::zeros_like(bytes)), at::zeros({3}, at::kLong)));
}

TEST_MAIN()
