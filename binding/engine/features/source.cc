#include "engine/features/source.h"

#include "engine/data/contents.h"
#include "engine/data/read_samples.h"
#include "engine/files/digest.h"
#include "engine/notice.h"
#include "engine/stopwatch.h"

namespace thaw::features {

FeatureSource::FeatureSource(const session::Session& session,
                             std::shared_ptr<const model::FrozenPart> frozen,
                             std::shared_ptr<const data::Dataset> dataset,
                             data::LoaderOptions loader, at::ScalarType compute,
                             std::unique_ptr<ActivationCache> cache)
    : session_(session),
      frozen_(std::move(frozen)),
      dataset_(std::move(dataset)),
      compute_(compute),
      cache_(std::move(cache)),
      options_(watched(std::move(loader))),
      loader_(dataset_, options_) {
  if (!cache_) return;
  // A file of an earlier run knows which images are unreadable, but not why.
  std::vector<int64_t> unreadable;
  for (int64_t sample = 0; sample < dataset_->size(); ++sample) {
    if (cache_->unreadable(sample)) unreadable.push_back(sample);
  }
  loader_.find_reasons(unreadable);
  // One that can be read after all is computed: nothing is left out without a reason.
  std::vector<uint8_t> is_so(static_cast<size_t>(dataset_->size()));
  for (const data::UnreadableImage& image : loader_.unreadable()) is_so[image.sample] = 1;
  for (const int64_t sample : unreadable) {
    for (int64_t row = sample; !is_so[sample] && row < cache_->layout().rows;
         row += dataset_->size())
      cache_->forget(row);
  }
}

FeatureSource::~FeatureSource() { tell_damage(); }

// A file keeps the digest of each image beside its features; images are read once for both.
data::LoaderOptions FeatureSource::watched(data::LoaderOptions loader) {
  if (!cache_ || !cache_->file()) return loader;
  digests_.resize(static_cast<size_t>(dataset_->size()));
  loader.seen = [this](int64_t sample, std::span<const uint8_t> contents) {
    std::string found = contents.empty() ? "" : digest(contents.data(), contents.size());
    const std::lock_guard lock(seen_);
    digests_[static_cast<size_t>(sample)] = std::move(found);
  };
  return loader;
}

std::string FeatureSource::contents_of(int64_t sample) {
  if (digests_.empty()) return "";
  const std::lock_guard lock(seen_);
  const std::string& found = digests_[static_cast<size_t>(sample)];
  return found.empty() ? data::kUnreadable : found;
}

void FeatureSource::start_epoch(int64_t epoch, int64_t first_batch) {
  const int64_t images = dataset_->size();
  first_row_ = options_.views > 0 ? epoch % options_.views * images : 0;
  recalling_ = cache_ && cache_->complete(first_row_, images);
  if (!recalling_) {
    batches_left_ = batches_per_epoch() - first_batch;
    loader_.start_epoch(epoch, first_batch);
    return;
  }
  const std::vector<int64_t> order =
      data::epoch_order(images, options_.shuffle, options_.seed, static_cast<uint64_t>(epoch));
  std::vector<int64_t> samples;
  order_.clear();
  ends_.clear();
  for (int64_t i = first_batch * options_.batch_size; i < images; ++i) {
    if (cache_->has(first_row_ + order[i])) {
      order_.push_back(first_row_ + order[i]);
      samples.push_back(order[i]);
    }
    if ((i + 1) % options_.batch_size == 0 || i + 1 == images)
      ends_.push_back(static_cast<int64_t>(order_.size()));
  }
  rows_ = at::tensor(order_, at::kLong).to(cache_->device());
  targets_ = on_device(dataset_->targets(samples));
  weights_ = on_device(dataset_->weights(samples));
  batch_ = 0;
}

std::optional<FeatureBatch> FeatureSource::next() { return recalling_ ? recall() : compute(); }

std::optional<FeatureBatch> FeatureSource::compute() {
  std::optional<data::Batch> batch;
  {
    const Stopwatch watch(seconds_.waiting);
    batch = loader_.next();
  }
  if (!batch) return {};
  if (--batches_left_ == 0 && cache_) {
    for (const data::UnreadableImage& image : loader_.unreadable())
      cache_->mark_unreadable(first_row_ + image.sample, contents_of(image.sample));
  }
  if (batch->samples.empty()) return FeatureBatch{};
  FeatureBatch result;
  {
    const Stopwatch watch(seconds_.frozen);
    result.target = on_device(dataset_->targets(batch->samples));
    result.weights = on_device(dataset_->weights(batch->samples));
    result.features = frozen_->forward(session_.input(batch->images, batch->lease, compute_),
                                       std::min(options_.batch_size, dataset_->size()));
  }
  if (cache_) remember(batch->samples, result.features);
  result.samples = std::move(batch->samples);
  result.lease = std::move(batch->lease);
  return result;
}

void FeatureSource::remember(std::vector<int64_t> samples, const at::Tensor& features) {
  const Stopwatch watch(seconds_.cache);
  std::vector<std::string> contents;
  for (int64_t& row : samples) {
    if (cache_->file()) contents.push_back(contents_of(row));
    row += first_row_;
  }
  cache_->put(samples, features, contents);
}

std::optional<FeatureBatch> FeatureSource::recall() {
  if (batch_ == ends_.size()) {
    tell_damage();
    return {};
  }
  const Stopwatch watch(seconds_.cache);
  const int64_t begin = batch_ == 0 ? 0 : ends_[batch_ - 1];
  const int64_t count = ends_[batch_] - begin;
  ++batch_;
  if (count == 0) return FeatureBatch{};
  if (batch_ < ends_.size()) {
    cache_->announce({order_.begin() + ends_[batch_ - 1], order_.begin() + ends_[batch_]});
  }
  std::vector<int64_t> samples(order_.begin() + begin, order_.begin() + begin + count);
  for (int64_t& sample : samples) sample -= first_row_;
  const at::Tensor rows = rows_.narrow(0, begin, count);
  ActivationCache::Found found = cache_->get(rows);
  FeatureBatch batch{
      .features = std::move(found.features),
      .target = targets_.narrow(0, begin, count),
      .weights = weights_.defined() ? weights_.narrow(0, begin, count) : at::Tensor(),
      .samples = std::move(samples),
      .lease = nullptr};
  if (!found.damaged.empty()) repair(batch, rows.const_data_ptr<int64_t>(), found.damaged);
  if (batch.features.device() != session_.backend->device())
    batch.features = session_.backend->upload(batch.features, nullptr);
  return batch;
}

// Computes the rows at these places from their images. An image that meanwhile cannot be read is
// left out, as it would be without a cache.
void FeatureSource::repair(FeatureBatch& batch, const int64_t* rows,
                           const std::vector<int64_t>& places) {
  damaged_ += static_cast<int64_t>(places.size());
  std::vector<int64_t> samples;
  for (const int64_t place : places) samples.push_back(rows[place] - first_row_);
  const int64_t view = first_row_ / dataset_->size();
  const data::ReadSamples read = data::read_samples(*dataset_, options_, view, samples);
  if (!read.unreadable.empty()) loader_.find_reasons(read.unreadable);
  for (const int64_t sample : read.unreadable)
    cache_->mark_unreadable(first_row_ + sample, contents_of(sample));

  std::vector<int64_t> kept, computed;
  for (int64_t place = 0; place < batch.images(); ++place) {
    if (!cache_->unreadable(rows[place])) kept.push_back(place);
  }
  for (const int64_t place : places) {
    if (!cache_->unreadable(rows[place])) computed.push_back(place);
  }
  if (!computed.empty()) {
    const at::Tensor features = frozen_
                                    ->forward(session_.input(read.images, nullptr, compute_),
                                              std::min(options_.batch_size, dataset_->size()))
                                    .to(cache_->device());
    remember(read.samples, features);
    batch.features.index_copy_(0, at::tensor(computed, at::kLong), features);
  }
  if (static_cast<int64_t>(kept.size()) == batch.images()) return;
  const at::Tensor places_kept = at::tensor(kept, at::kLong);
  batch.features = batch.features.index_select(0, places_kept);
  const at::Tensor on_target = on_device(places_kept);
  batch.target = batch.target.index_select(0, on_target);
  if (batch.weights.defined()) batch.weights = batch.weights.index_select(0, on_target);
  std::vector<int64_t> left;
  for (const int64_t place : kept) left.push_back(batch.samples[static_cast<size_t>(place)]);
  batch.samples = std::move(left);
}

void FeatureSource::tell_damage() {
  if (damaged_ == told_damaged_) return;
  notice(std::to_string(damaged_ - told_damaged_) + " rows of the features file " +
         cache_->file()->path() +
         " were not as they had been written (damaged, or cut by another program): they were "
         "computed again from their images.");
  told_damaged_ = damaged_;
}

at::Tensor FeatureSource::on_device(const at::Tensor& tensor) const {
  return tensor.defined() ? session_.backend->upload(tensor, nullptr) : tensor;
}

}  // namespace thaw::features
