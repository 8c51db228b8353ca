// Every kind of image beside Pillow. Left out where there is no Python with Pillow.
#include <algorithm>

#include "check.h"
#include "drawn.h"
#include "engine/data/decode.h"
#include "python.h"

using namespace thaw::data;

namespace {

struct Expected {
  uint32_t difference, height, width;
  at::Tensor pixels;
};

Expected expected_of(const std::string& path) {
  std::vector<uint8_t> bytes = drawn::read(path);
  Expected expected{};
  std::memcpy(&expected, bytes.data(), 12);
  expected.pixels = at::empty({expected.height, expected.width, 3}, at::kByte);
  std::memcpy(expected.pixels.mutable_data_ptr<uint8_t>(), bytes.data() + 12, bytes.size() - 12);
  return expected;
}

// Empty where they agree.
std::string disagreement(const std::string& path) {
  const Expected expected = expected_of(path + ".rgb");
  at::Tensor pixels;
  try {
    pixels = decode_image(drawn::read(path), path, {});
  } catch (const thaw::Error& error) {
    return error.what();
  }
  if (pixels.sizes() != expected.pixels.sizes()) return "is of another size";
  const int largest = (pixels.to(at::kInt) - expected.pixels.to(at::kInt)).abs().max().item<int>();
  if (largest <= static_cast<int>(expected.difference)) return "";
  return "differs by " + std::to_string(largest);
}

}  // namespace

TEST("peers: every kind of image has Pillow's pixels") {
  if (!python::has("PIL, numpy")) return;
  const drawn::Folder folder;
  const std::string draw =
      python::command() + "'" IMAGE_FILES_PY "' write '" + folder.file("") + "'";
  CHECK_EQUAL(std::system(draw.c_str()), 0);
  int images = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.file(""))) {
    if (entry.path().extension() == ".rgb") continue;
    const std::string found = disagreement(entry.path());
    if (!found.empty()) std::cout << entry.path().filename().string() << ": " << found << "\n";
    CHECK(found.empty());
    ++images;
  }
  CHECK(images > 100);
}

TEST_MAIN()
