#include "engine/features/plan.h"

#include <filesystem>

#include "engine/data/contents.h"
#include "engine/error.h"
#include "engine/features/key.h"

namespace thaw::features {
namespace {

using Place = CacheReport::Place;

// The rest of a GPU's memory is for the training itself.
constexpr double kShareOfDevice = 0.4;

// Why features that were to be kept would not be asked for again, or would not be the same.
std::string not_worth_it(int boundary, const CacheOptions& options,
                         const data::LoaderOptions& loader, int64_t passes) {
  const bool random = loader.augmentation != data::Augmentation::kNone;
  if (options.mode == CacheOptions::Mode::kOff) return "it was turned off";
  if (boundary == 0) return "everything is trained";
  if (random && loader.views == 0) return "every epoch augments the images anew";
  if (options.mode == CacheOptions::Mode::kAuto && passes <= std::max<int64_t>(loader.views, 1))
    return "no image is used twice";
  return {};
}

}  // namespace

CachePlan::CachePlan(const session::Session& session, int boundary,
                     const session::DataOptions& data, const CacheOptions& options)
    : session_(session),
      boundary_(boundary),
      compute_(data.compute),
      kernels_(data.kernels),
      options_(options),
      device_left_(static_cast<int64_t>(kShareOfDevice *
                                        static_cast<double>(session.backend->free_memory()))),
      memory_left_(options.memory) {}

bool CachePlan::keeps(const data::LoaderOptions& loader, int64_t passes) const {
  return not_worth_it(boundary_, options_, loader, passes).empty();
}

std::unique_ptr<ActivationCache> CachePlan::make(const std::string& name,
                                                 const data::Dataset& dataset,
                                                 const data::LoaderOptions& loader, int64_t passes,
                                                 CacheReport& report) {
  const ActivationCache::Layout layout{.rows = dataset.size() * std::max<int64_t>(loader.views, 1),
                                       .shape = session_.network->graph().at(boundary_).shape,
                                       .type = compute_};
  report = {.bytes = layout.bytes(), .images = layout.rows, .file = {}};
  report.reason = not_worth_it(boundary_, options_, loader, passes);
  if (!report.reason.empty()) return nullptr;
  const bool file_first = options_.mode == CacheOptions::Mode::kDisk;
  std::string no_file;
  if (file_first) {
    if (auto cache = in_file(name, dataset, loader, layout, report)) return cache;
    no_file = report.reason;
  }
  if (layout.bytes() <= device_left_) {
    device_left_ -= layout.bytes();
    report.place = Place::kDevice;
    report.reason = no_file;
    return std::make_unique<ActivationCache>(layout, session_.backend->device());
  }
  if (layout.bytes() <= memory_left_) {
    memory_left_ -= layout.bytes();
    report.place = Place::kMemory;
    report.reason = no_file;
    return std::make_unique<ActivationCache>(layout, at::kCPU);
  }
  if (file_first) return nullptr;
  if (options_.directory.empty()) {
    report.reason =
        "it is larger than the memory that it may take, and no folder is given for a file";
    return nullptr;
  }
  return in_file(name, dataset, loader, layout, report);
}

std::unique_ptr<ActivationCache> CachePlan::in_file(const std::string& name,
                                                    const data::Dataset& dataset,
                                                    const data::LoaderOptions& loader,
                                                    const ActivationCache::Layout& layout,
                                                    CacheReport& report) {
  report.file = (std::filesystem::path(options_.directory) / (name + ".features")).string();
  if (network_key_.empty())
    network_key_ = network_key(session_, boundary_, compute_, session_.kernels(kernels_));
  std::unique_ptr<CacheFile> file;
  try {
    file = std::make_unique<CacheFile>(report.file, cache_key(network_key_, loader), layout.rows,
                                       layout.row_bytes());
  } catch (const Error& error) {
    // A convenience: without it the run is slower and ends the same.
    report.file.clear();
    report.reason = error.what();
    while (report.reason.ends_with('.')) report.reason.pop_back();
    return nullptr;
  }
  // An image that was replaced under its name is another. A new file is told by the loader, which
  // reads every image anyway.
  if (file->begun())
    file->keep_only(data::image_digests(dataset, data::Contents::kWhole, loader.decode));
  auto cache = std::make_unique<ActivationCache>(layout, std::move(file));
  for (int64_t row = 0; row < layout.rows; ++row) report.found += cache->has(row) ? 1 : 0;
  report.place = Place::kDisk;
  return cache;
}

}  // namespace thaw::features
