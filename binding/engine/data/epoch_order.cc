#include <numeric>
#include <utility>

#include "engine/data/loader.h"
#include "engine/data/random.h"

namespace thaw::data {

std::vector<int64_t> epoch_order(int64_t n, bool shuffle, uint64_t seed, uint64_t epoch) {
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t{0});
  if (!shuffle) return order;
  Draws draws(Purpose::kOrder, seed, epoch, 0);
  // Fisher-Yates; 32-bit draws are enough, since four billion images are not.
  for (int64_t i = n - 1; i > 0; --i)
    std::swap(order[i], order[draws.below(static_cast<uint32_t>(i) + 1)]);
  return order;
}

}  // namespace thaw::data
