#include "engine/data/damage_notes.h"

#include "engine/notice.h"

namespace thaw::data {

void DamageNotes::found(int64_t sample, std::string reason) {
  if (reason.empty()) return;
  const std::lock_guard lock(mutex_);
  reasons_.emplace(sample, std::move(reason));
}

void DamageNotes::tell(const Dataset& dataset) const {
  const std::lock_guard lock(mutex_);
  if (reasons_.empty()) return;
  const auto& [sample, reason] = *reasons_.begin();
  const size_t others = reasons_.size() - 1;
  notice(dataset.name(sample) + (others ? " and " + std::to_string(others) + " more" : "") +
         (others ? " are" : " is") + " damaged and used as far as " + (others ? "they" : "it") +
         " can be read: " + reason + ".");
}

}  // namespace thaw::data
