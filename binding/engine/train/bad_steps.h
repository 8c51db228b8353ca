// Steps whose numbers were not finite: of which images, and whether the run goes on without them.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/train/finite_guard.h"
#include "engine/train/options.h"

namespace thaw::train {

class BadSteps {
 public:
  BadSteps(NonFinite policy, std::shared_ptr<const data::Dataset> dataset)
      : policy_(policy), dataset_(std::move(dataset)) {}

  // A batch was trained on these images.
  void trained(int64_t batch, std::vector<int64_t> samples) {
    recent_.emplace_back(batch, std::move(samples));
  }

  enum class Verdict { kNone, kLeftOut, kEnd };
  // What the guard has found since the last call. `epoch` counts from 0, as its first batch does
  // from the start of training.
  Verdict judge(FiniteGuard& guard, int64_t epoch, int64_t first_batch);

  // "The loss was no finite number in epoch 3, batch 7 (a.jpg, b.jpg and 30 more)": the last one.
  const std::string& sentence() const { return sentence_; }
  // On those that were left out, the first hundred.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  // So many in a row, and nothing is learnt any more.
  static constexpr int kMostInARow = 10;
  static constexpr size_t kMostNotes = 100;

  std::string images_of(const std::vector<int64_t>& samples) const;

  const NonFinite policy_;
  const std::shared_ptr<const data::Dataset> dataset_;
  std::vector<std::pair<int64_t, std::vector<int64_t>>> recent_;  // since the last call
  int in_a_row_ = 0;
  std::string sentence_;
  std::vector<std::string> notes_;
};

}  // namespace thaw::train
