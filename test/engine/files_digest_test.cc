#include "engine/files/digest.h"

#include "check.h"

using namespace thaw;

TEST("a text's digest is SHA-1 (FIPS 180-2, appendix A)") {
  CHECK_EQUAL(digest("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK_EQUAL(digest("abc", 3), digest("abc"));
}

TEST("any byte of a tensor changes its digest, wherever it lies") {
  for (const int64_t size : {1, 31, 32, 33, 100}) {
    const at::Tensor values = at::arange(size).to(at::kByte);
    const std::string original = digests({values})[0];
    CHECK_EQUAL(digests({values, values.clone()})[1], original);
    for (int64_t i = 0; i < size; ++i) {
      const at::Tensor changed = values.clone();
      changed[i] += 1;
      CHECK(digests({changed})[0] != original);
    }
    CHECK(digests({at::cat({values, at::zeros({1}, at::kByte)})})[0] != original);
  }
  const at::Tensor grid = at::arange(6).view({2, 3});
  CHECK(digests({grid.t()})[0] != digests({grid})[0]);  // the values' order, not the memory's
}

TEST_MAIN()
