// The random numbers, and what is drawn from them.
#include <algorithm>
#include <set>

#include "check.h"
#include "engine/data/geometry.h"
#include "engine/data/jitter.h"
#include "engine/data/loader.h"
#include "engine/data/random.h"

using namespace thaw::data;

// The known answers that Random123 (the paper's own library) publishes for philox4x32 with 10
// rounds.
TEST("Philox4x32-10 gives its published answers") {
  CHECK((philox4x32({0, 0, 0, 0}, {0, 0}) ==
         PhiloxBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const uint32_t ones = 0xffffffff;
  CHECK((philox4x32({ones, ones, ones, ones}, {ones, ones}) ==
         PhiloxBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  CHECK((philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
         PhiloxBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST("draws are within their bounds and of every value") {
  Draws draws(Purpose::kAugment, 1, 2, 3);
  std::vector<int> seen(7, 0);
  for (int i = 0; i < 7000; ++i) {
    const uint32_t value = draws.below(7);
    CHECK(value < 7);
    ++seen[value];
    const double uniform = draws.uniform(-2, 3);
    CHECK(uniform >= -2 && uniform < 3);
  }
  // Standard deviation of each count: 29.
  for (int count : seen) CHECK(count > 850 && count < 1150);
}

TEST("streams of different seeds, epochs, samples and purposes differ") {
  std::set<uint32_t> first;
  for (uint64_t high : {uint64_t{0}, uint64_t{1} << 33}) {
    first.insert(Draws(Purpose::kAugment, high, 0, 0).bits());
    first.insert(Draws(Purpose::kAugment, high + 5, 0, 0).bits());
    first.insert(Draws(Purpose::kAugment, 0, 7, high).bits());
    first.insert(Draws(Purpose::kAugment, 0, 8, high).bits());
    first.insert(Draws(Purpose::kAugment, 0, 0, high + 9).bits());
  }
  first.insert(Draws(Purpose::kOrder, 0, 0, 0).bits());
  CHECK_EQUAL(first.size(), size_t{11});
}

TEST("an epoch's order is a permutation, a function of seed and epoch") {
  CHECK(epoch_order(0, true, 1, 1).empty());
  CHECK((epoch_order(3, false, 1, 1) == std::vector<int64_t>{0, 1, 2}));
  const std::vector<int64_t> order = epoch_order(1000, true, 7, 3);
  CHECK(order == epoch_order(1000, true, 7, 3));
  CHECK(order != epoch_order(1000, true, 7, 4));
  CHECK(order != epoch_order(1000, true, 8, 3));
  std::vector<int64_t> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  CHECK(sorted == epoch_order(1000, false, 0, 0));
}

TEST("all six orders of three samples come up equally often") {
  std::vector<int> seen(27, 0);
  for (uint64_t epoch = 0; epoch < 6000; ++epoch) {
    const std::vector<int64_t> order = epoch_order(3, true, 5, epoch);
    ++seen[order[0] * 9 + order[1] * 3 + order[2]];
  }
  for (int count : seen) CHECK(count == 0 || (count > 850 && count < 1150));
  CHECK_EQUAL(std::count(seen.begin(), seen.end(), 0), 27 - 6);
}

TEST("random parts lie within the image, with torchvision's areas and ratios") {
  double area = 0;
  for (uint64_t sample = 0; sample < 2000; ++sample) {
    Draws draws(Purpose::kAugment, 0, 0, sample);
    const Box box = random_part({300, 400}, draws);
    CHECK(box.top >= 0 && box.left >= 0 && box.top + box.height <= 300 &&
          box.left + box.width <= 400);
    const double share = static_cast<double>(box.height * box.width) / (300 * 400);
    const double ratio = static_cast<double>(box.width) / static_cast<double>(box.height);
    CHECK(share > 0.079 && share <= 1.0);
    CHECK(ratio > 0.745 && ratio < 1.345);
    area += share / 2000;
  }
  // Over 20000 draws of torchvision 0.28's RandomResizedCrop.get_params on such an image: 0.435
  // (large parts of a ratio that does not fit are drawn again).
  CHECK(area > 0.415 && area < 0.455);
}

TEST("where no random part fits, the largest central one of a possible ratio is taken") {
  Draws draws(Purpose::kAugment, 0, 0, 0);
  const Box wide = random_part({10, 1000}, draws);
  CHECK(wide.top == 0 && wide.left == 493 && wide.height == 10 && wide.width == 13);
  const Box tall = random_part({1000, 10}, draws);
  CHECK(tall.top == 493 && tall.left == 0 && tall.height == 13 && tall.width == 10);
  const Box pixel = random_part({1, 1}, draws);
  CHECK(pixel.top == 0 && pixel.left == 0 && pixel.height == 1 && pixel.width == 1);
}

TEST("a jitter has every change once and factors around one") {
  std::set<std::array<ColourChange, 3>> orders;
  for (uint64_t sample = 0; sample < 200; ++sample) {
    Draws draws(Purpose::kAugment, 0, 0, sample);
    const Jitter jitter = draw_jitter(0.4, draws);
    orders.insert(jitter.order);
    for (float factor : jitter.factors) CHECK(factor >= 0.6f && factor <= 1.4f);
  }
  CHECK_EQUAL(orders.size(), size_t{6});
}

TEST_MAIN()
