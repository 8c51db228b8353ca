#include "engine/data/unreadable.h"

#include "engine/error.h"

namespace thaw::data {

void UnreadableLimit::count(const UnreadableImage& image) {
  if (found_++ == 0) first_ = image.reason;
}

void UnreadableLimit::check() const {
  if (images_ < kFewest && share_ > 0) return;
  if (static_cast<double>(found_) <= share_ * static_cast<double>(images_)) return;
  fail("ERR_TOO_MANY_BAD_IMAGES", found_, " of ", images_,
       " images are unreadable, more than the share of ", share_, " that is allowed; the first: ",
       first_.ends_with('.') ? first_.substr(0, first_.size() - 1) : first_,
       "; `thaw check-data` names them all.");
}

}  // namespace thaw::data
