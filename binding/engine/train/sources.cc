#include "engine/train/sources.h"

#include "engine/session/batch_size.h"
#include "engine/session/predict.h"

namespace thaw::train {
namespace {

features::CachePlan make_plan(const Frozen& frozen, const FitOptions& options) {
  return features::CachePlan(frozen.session, frozen.boundary, options, options.cache);
}

}  // namespace

data::LoaderOptions training_loader(const Session& session, const FitOptions& options) {
  data::LoaderOptions loader = session::loader_options(session, options);
  loader.shuffle = options.shuffle;
  loader.seed = options.seed;
  loader.augmentation = options.augmentation;
  loader.views = options.augmentation == data::Augmentation::kNone ? 0 : options.views;
  return loader;
}

int64_t chosen_batch_size(const Frozen& frozen, const FitOptions& options, int64_t images) {
  if (options.batch_size != 0) return options.batch_size;
  const bool kept =
      make_plan(frozen, options)
          .keeps(training_loader(frozen.session, options), options.epochs - options.initial_epoch);
  return session::find_batch_size(frozen.session, frozen.parts, frozen.boundary, options,
                                  options.cache.memory, images, kept);
}

Sources open_sources(const Frozen& frozen, const FitOptions& options, int64_t passes,
                     std::shared_ptr<const data::Dataset> dataset,
                     std::shared_ptr<const data::Dataset> validation) {
  features::CachePlan plan = make_plan(frozen, options);
  const auto limit = std::make_shared<data::UnreadableLimit>(
      options.max_unreadable_share, dataset->size() + (validation ? validation->size() : 0));
  const auto open = [&](const char* name, std::shared_ptr<const data::Dataset> from,
                        data::LoaderOptions loader, features::CacheReport& report) {
    loader.limit = limit;
    auto cache = plan.make(name, *from, loader, passes, report);
    return std::make_unique<features::FeatureSource>(frozen.session, frozen.parts.frozen,
                                                     std::move(from), loader, options.compute,
                                                     std::move(cache));
  };
  Sources sources;
  // Validation first: it is the smaller one, and nothing is random about it.
  if (validation) {
    sources.validation =
        open("validation", std::move(validation), session::loader_options(frozen.session, options),
             sources.validation_cache);
  }
  sources.training = open("train", std::move(dataset), training_loader(frozen.session, options),
                          sources.training_cache);
  return sources;
}

}  // namespace thaw::train
