#include "engine/data/loader_checks.h"

#include "engine/error.h"

namespace thaw::data {

namespace {

template <typename... Parts>
void check(bool holds, const Parts&... parts) {
  if (!holds) fail("ERR_INVALID_ARGUMENT", parts...);
}

void check_pixels_tensor(const at::Tensor& pixels) {
  const bool fits = pixels.dim() == 4 && pixels.size(1) > 0 && pixels.size(2) > 0 &&
                    pixels.size(3) == 3 && pixels.is_cpu() && pixels.is_contiguous() &&
                    (pixels.scalar_type() == at::kByte || pixels.scalar_type() == at::kFloat);
  check(fits,
        "Expected pixels of uint8 or float32 [N, H, W, 3], contiguous in CPU memory, but received ",
        pixels.toString(), " ", pixels.sizes(), ".");
}

void check_positive(const char* name, int64_t value) {
  check(value >= 1, "Expected a positive integer for ", name, " but received ", value, ".");
}

}  // namespace

void check_loader(const Dataset* dataset, const LoaderOptions& options) {
  check(dataset != nullptr, "Expected a data set but received none.");
  const int sources = int{!dataset->paths.empty()} + int{!dataset->encoded.empty()} +
                      int{dataset->pixels.defined() && dataset->size() > 0};
  check(sources > 0, "The data set holds no images.");
  check(sources == 1,
        "A data set holds either paths, or encoded images, or pixels, not several of them.");
  if (dataset->pixels.defined()) check_pixels_tensor(dataset->pixels);
  const auto one_an_image = [&](int64_t count, const char* what) {
    check(count == 0 || count == dataset->size(), "The data set holds ", dataset->size(),
          " images but ", count, " ", what, ".");
  };
  one_an_image(static_cast<int64_t>(dataset->labels.size()), "labels");
  one_an_image(static_cast<int64_t>(dataset->sample_weights.size()), "sample weights");
  if (dataset->shares.defined()) one_an_image(dataset->shares.size(0), "rows of shares");
  check_positive("batch_size", options.batch_size);
  check_positive("height", options.preprocessing.height);
  check_positive("width", options.preprocessing.width);
  check_positive("resize", options.preprocessing.resize);
  check(options.threads >= 0, "Expected a number of threads but received ", options.threads, ".");
}

}  // namespace thaw::data
