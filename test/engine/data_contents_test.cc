// What is in the images decides, not what they are called.
#include "engine/data/contents.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "check.h"
#include "drawn.h"

using namespace thaw;
using data::Contents, data::contents_digest;

namespace {

const drawn::Folder folder;

data::Dataset files(const std::string& prefix, const std::vector<std::vector<uint8_t>>& contents) {
  data::Dataset dataset;
  for (size_t i = 0; i < contents.size(); ++i)
    dataset.paths.push_back(folder.write(prefix + std::to_string(i), contents[i]));
  return dataset;
}

std::vector<uint8_t> bytes(size_t size, uint8_t seed) {
  std::vector<uint8_t> all(size);
  for (size_t i = 0; i < size; ++i) all[i] = static_cast<uint8_t>((i * 31 + seed * 7) % 251);
  // What does not begin like an image is not read.
  std::copy_n(std::to_array<uint8_t>({0xff, 0xd8, 0xff, 0xe0}).begin(), std::min<size_t>(size, 4),
              all.begin());
  return all;
}

}  // namespace

TEST("copies are the same; other contents, another order or a missing file are not") {
  for (const Contents how : {Contents::kWhole, Contents::kEnds}) {
    // Empty, shorter than what is read of a file, and longer.
    const std::vector<std::vector<uint8_t>> images = {{}, bytes(100, 1), bytes(50000, 2)};
    const std::string original = contents_digest(files("a", images), how);
    CHECK_EQUAL(contents_digest(files("copy", images), how), original);
    CHECK(contents_digest(files("b", {{}, images[2], images[1]}), how) != original);
    for (const size_t place : {size_t{0}, size_t{49999}}) {
      auto changed = images;
      changed[2][place] ^= 1;
      CHECK(contents_digest(files("a", changed), how) != original);
    }
    auto shorter = images;
    shorter[2].pop_back();
    CHECK(contents_digest(files("a", shorter), how) != original);
    data::Dataset missing = files("a", images);
    missing.paths[1] = folder.file("missing");
    CHECK(contents_digest(missing, how) != original);
  }
}

TEST("every byte counts for what is kept, and for what is in memory") {
  std::vector<std::vector<uint8_t>> images = {bytes(50000, 2)};
  const std::string whole = contents_digest(files("a", images), Contents::kWhole);
  data::Dataset memory;
  memory.encoded = images;
  const std::string encoded = contents_digest(memory, Contents::kEnds);
  images[0][25000] ^= 1;
  CHECK(contents_digest(files("a", images), Contents::kWhole) != whole);
  memory.encoded = images;
  CHECK(contents_digest(memory, Contents::kEnds) != encoded);
  data::Dataset pixels;
  pixels.pixels = at::zeros({2, 4, 4, 3}, at::kByte);
  const std::string black = contents_digest(pixels, Contents::kEnds);
  pixels.pixels[1][2][2][1] = 1;
  CHECK(contents_digest(pixels, Contents::kEnds) != black);
}

TEST_MAIN()
