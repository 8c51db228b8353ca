// Decides whether and where features are kept.
#pragma once

#include <memory>
#include <string>

#include "engine/data/loader.h"
#include "engine/features/cache.h"
#include "engine/features/options.h"
#include "engine/session/options.h"
#include "engine/session/session.h"

namespace thaw::features {

// What was decided for one data set.
struct CacheReport {
  enum class Place { kOff, kDevice, kMemory, kDisk };
  Place place = Place::kOff;
  int64_t bytes = 0;        // of the features, kept or not
  int64_t images = 0;       // rows, each view counted
  int64_t found = 0;        // of them, rows that an earlier run has left in the file
  std::string file;         // on the disk
  std::string reason = {};  // why it is off, or in memory where a file was wanted
};

constexpr auto names(CacheReport::Place) {
  using Place = CacheReport::Place;
  return std::to_array<Name<Place>>({{Place::kOff, "off"},
                                     {Place::kDevice, "device"},
                                     {Place::kMemory, "memory"},
                                     {Place::kDisk, "disk"}});
}

void fields(auto& visit, Of<CacheReport> auto& report) {
  visit("place", report.place);
  visit("bytes", report.bytes);
  visit("images", report.images);
  visit("found", report.found);
  if (!report.file.empty()) visit("file", report.file);
  if (!report.reason.empty()) visit("reason", report.reason);
}

class CachePlan {
 public:
  // For features at a boundary (Network::boundary()) of the session's network.
  CachePlan(const session::Session& session, int boundary, const session::DataOptions& data,
            const CacheOptions& options);

  // Whether features are worth keeping, wherever there may be room for them.
  bool keeps(const data::LoaderOptions& loader, int64_t passes) const;

  // A cache for the data set that will be gone through `passes` times; null where none is worth
  // having or none can be had. `name` is the file's. Where a file cannot be had, the report says
  // why, and the features are kept in memory if there is room.
  std::unique_ptr<ActivationCache> make(const std::string& name, const data::Dataset& dataset,
                                        const data::LoaderOptions& loader, int64_t passes,
                                        CacheReport& report);

 private:
  // Null where there can be none, after saying why in the report.
  std::unique_ptr<ActivationCache> in_file(const std::string& name, const data::Dataset& dataset,
                                           const data::LoaderOptions& loader,
                                           const ActivationCache::Layout& layout,
                                           CacheReport& report);

  const session::Session& session_;
  int boundary_;
  at::ScalarType compute_;
  std::optional<device::Kernels> kernels_;
  CacheOptions options_;
  int64_t device_left_, memory_left_;  // bytes that may still be taken
  std::string network_key_;            // once a file is wanted
};

}  // namespace thaw::features
