// Batches of features at the freeze boundary: from images through the frozen part, or, once they
// have all been computed, from the activation cache.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "engine/data/loader.h"
#include "engine/features/cache.h"
#include "engine/session/session.h"

namespace thaw::features {

struct FeatureBatch {
  at::Tensor features;           // [n, ...] on the device, as FrozenPart::forward gives them
  at::Tensor target;             // see data::Dataset::targets(), on the device
  at::Tensor weights;            // [n] on the device; undefined where all weigh 1
  std::vector<int64_t> samples;  // which images
  std::shared_ptr<void> lease;   // hold it as long as any of them is in use
  int64_t images() const { return features.defined() ? features.size(0) : 0; }
};

class FeatureSource {
 public:
  struct Seconds {
    double waiting = 0;  // for images to be read and decoded
    double frozen = 0;   // uploading them and computing their features
    double cache = 0;    // writing features to the cache and reading them from it
  };

  // Without a cache the features are computed anew each epoch.
  FeatureSource(const session::Session& session, std::shared_ptr<const model::FrozenPart> frozen,
                std::shared_ptr<const data::Dataset> dataset, data::LoaderOptions loader,
                at::ScalarType compute, std::unique_ptr<ActivationCache> cache = nullptr);
  ~FeatureSource();

  int64_t batches_per_epoch() const { return loader_.batches_per_epoch(); }

  // As data::Loader: batches and their order are the same with a cache and without.
  void start_epoch(int64_t epoch, int64_t first_batch = 0);
  std::optional<FeatureBatch> next();
  // As if these had been found to be unreadable.
  void leave_out(const std::vector<data::UnreadableImage>& images) { loader_.leave_out(images); }
  std::vector<data::UnreadableImage> unreadable() const { return loader_.unreadable(); }
  std::vector<data::ChangedImage> changed() const { return loader_.changed(); }

  // Features that are kept, in this epoch or in later ones.
  bool keeps() const { return cache_ != nullptr; }
  bool recalls() const { return recalling_; }
  // Rows of a file that were not as they had been written, and were computed again.
  int64_t damaged() const { return damaged_; }

  const Seconds& seconds() const { return seconds_; }

 private:
  std::optional<FeatureBatch> compute();
  std::optional<FeatureBatch> recall();
  void remember(std::vector<int64_t> samples, const at::Tensor& features);
  void repair(FeatureBatch& batch, const int64_t* rows, const std::vector<int64_t>& places);
  void tell_damage();
  data::LoaderOptions watched(data::LoaderOptions loader);
  std::string contents_of(int64_t sample);
  at::Tensor on_device(const at::Tensor& tensor) const;

  const session::Session& session_;
  std::shared_ptr<const model::FrozenPart> frozen_;
  std::shared_ptr<const data::Dataset> dataset_;
  at::ScalarType compute_;
  std::unique_ptr<ActivationCache> cache_;
  // For a cache in a file: what the loader's threads have seen of each image.
  std::mutex seen_;
  std::vector<std::string> digests_;
  data::LoaderOptions options_;
  data::Loader loader_;  // after all that its threads use
  Seconds seconds_;

  int64_t first_row_ = 0;     // of this epoch's view
  int64_t batches_left_ = 0;  // while computing
  bool recalling_ = false;
  // While recalling: the epoch's rows and targets in order, and where its batches end among them.
  std::vector<int64_t> order_;
  at::Tensor rows_, targets_, weights_;
  std::vector<int64_t> ends_;
  size_t batch_ = 0;
  int64_t damaged_ = 0, told_damaged_ = 0;
};

}  // namespace thaw::features
