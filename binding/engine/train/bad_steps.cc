#include "engine/train/bad_steps.h"

#include <algorithm>

namespace thaw::train {

BadSteps::Verdict BadSteps::judge(FiniteGuard& guard, int64_t epoch, int64_t first_batch) {
  const std::optional<FiniteGuard::Bad> bad = guard.found();
  const auto recent = std::exchange(recent_, {});
  if (!bad) {
    if (!recent.empty()) in_a_row_ = 0;
    return Verdict::kNone;
  }
  sentence_ = "The " + std::string(bad->what) + " was no finite number in epoch " +
              std::to_string(epoch + 1) + ", batch " + std::to_string(bad->batch - first_batch + 1);
  for (const auto& [batch, samples] : recent) {
    if (batch == bad->batch) sentence_ += " (" + images_of(samples) + ")";
  }
  if (policy_ == NonFinite::kStop || ++in_a_row_ >= kMostInARow) return Verdict::kEnd;
  if (notes_.size() < kMostNotes) notes_.push_back(sentence_ + ": its step is left out.");
  return Verdict::kLeftOut;
}

std::string BadSteps::images_of(const std::vector<int64_t>& samples) const {
  constexpr size_t kShown = 8;
  std::string text;
  for (size_t i = 0; i < std::min(kShown, samples.size()); ++i)
    text += (i == 0 ? "" : ", ") + dataset_->name(samples[i]);
  if (samples.size() > kShown) text += " and " + std::to_string(samples.size() - kShown) + " more";
  return text;
}

}  // namespace thaw::train
