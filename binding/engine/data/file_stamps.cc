#include "engine/data/file_stamps.h"

#include <sys/stat.h>

#include "engine/device/parallel.h"

namespace thaw::data {

FileStamps::FileStamps(const Dataset& dataset) : dataset_(dataset), first_(dataset.paths.size()) {}

FileStamps::Stamp FileStamps::stamp_of(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {.size = static_cast<int64_t>(status.st_size),
          .modified = int64_t{1'000'000'000} * status.st_mtim.tv_sec + status.st_mtim.tv_nsec};
}

void FileStamps::reading(int64_t sample) {
  if (first_.empty()) return;
  const auto index = static_cast<size_t>(sample);
  {
    const std::lock_guard lock(mutex_);
    if (first_[index].size >= 0) return;
  }
  const Stamp stamp = stamp_of(dataset_.paths[index]);
  const std::lock_guard lock(mutex_);
  first_[index] = stamp;
}

std::vector<ChangedImage> FileStamps::changed() const {
  std::unique_lock lock(mutex_);
  const std::vector<Stamp> first = first_;
  lock.unlock();
  std::vector<Stamp> now = first;
  device::parallel_ranges(static_cast<int64_t>(now.size()), [&](int64_t begin, int64_t end) {
    for (int64_t sample = begin; sample < end; ++sample)
      if (first[sample].size >= 0) now[sample] = stamp_of(dataset_.paths[sample]);
  });
  std::vector<ChangedImage> changed;
  for (size_t sample = 0; sample < now.size(); ++sample) {
    if (now[sample] == first[sample]) continue;
    changed.push_back({static_cast<int64_t>(sample), dataset_.paths[sample],
                       now[sample].size < 0
                           ? "it is no longer there"
                           : "its size or time is no longer that of when it was first read"});
  }
  return changed;
}

}  // namespace thaw::data
