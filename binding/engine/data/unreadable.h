// Images that cannot be read, and with how many of them a run goes on. docs/data.md has the policy.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/fields.h"

namespace thaw::data {

struct UnreadableImage {
  int64_t sample;
  std::string name;
  std::string code;
  std::string reason;
};

void fields(auto& visit, Of<UnreadableImage> auto& image) {
  visit("name", image.name);
  visit("code", image.code);
  visit("reason", image.reason);
}

// Over all data sets of a run: the loaders of one run share it, and one thread consumes them all.
class UnreadableLimit {
 public:
  // Of fewer images a share says nothing.
  static constexpr int64_t kFewest = 10;

  // `images`: of all data sets. A share of 0 allows none, of however few images.
  UnreadableLimit(double share, int64_t images) : share_(share), images_(images) {}

  // Each image once.
  void count(const UnreadableImage& image);

  // Throws ERR_TOO_MANY_BAD_IMAGES, from the image on with which the share is exceeded.
  void check() const;

 private:
  const double share_;
  const int64_t images_;
  int64_t found_ = 0;
  std::string first_;  // its reason
};

}  // namespace thaw::data
