#include "engine/data/read_samples.h"

#include <cstring>
#include <exception>

#include "engine/data/sample.h"
#include "engine/device/parallel.h"
#include "engine/error.h"

namespace thaw::data {

ReadSamples read_samples(const Dataset& dataset, const LoaderOptions& options, int64_t view,
                         const std::vector<int64_t>& samples) {
  const auto count = static_cast<int64_t>(samples.size());
  const bool floats = dataset.pixels.defined() && dataset.pixels.scalar_type() == at::kFloat;
  const int64_t height = floats ? dataset.pixels.size(1) : options.preprocessing.height;
  const int64_t width = floats ? dataset.pixels.size(2) : options.preprocessing.width;
  const at::Tensor images = at::empty({count, height, width, 3}, floats ? at::kFloat : at::kByte);
  auto* const first = static_cast<uint8_t*>(images.mutable_data_ptr());
  const int64_t row_bytes = images.stride(0) * images.element_size();

  std::vector<uint8_t> unreadable(samples.size());  // not of bool: several threads write
  std::vector<std::exception_ptr> broken(samples.size());
  // No tensor operation in here.
  device::parallel_ranges(count, [&](int64_t begin, int64_t end) {
    SampleReader reader(dataset, options.preprocessing, options.augmentation, options.decode,
                        options.seen);
    for (int64_t i = begin; i < end; ++i) {
      const auto at = static_cast<size_t>(i);
      try {
        reader.read({options.seed, static_cast<uint64_t>(view), static_cast<uint64_t>(samples[at])},
                    first + i * row_bytes);
      } catch (const Error& error) {
        if (is_fault_of_image(error)) {
          unreadable[at] = 1;
        } else {
          broken[at] = std::current_exception();
        }
      } catch (...) {
        broken[at] = std::current_exception();
      }
    }
  });

  ReadSamples result;
  for (size_t i = 0; i < samples.size(); ++i) {
    if (broken[i]) std::rethrow_exception(broken[i]);
    if (unreadable[i]) {
      result.unreadable.push_back(samples[i]);
      continue;
    }
    // Moved together.
    const auto to = static_cast<int64_t>(result.samples.size());
    std::memmove(first + to * row_bytes, first + static_cast<int64_t>(i) * row_bytes,
                 static_cast<size_t>(row_bytes));
    result.samples.push_back(samples[i]);
  }
  result.images = images.narrow(0, 0, static_cast<int64_t>(result.samples.size()));
  return result;
}

}  // namespace thaw::data
