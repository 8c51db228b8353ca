#include "engine/train/cache_key.h"

#include <ATen/Version.h>
#include <c10/util/hash.h>
#include <torch/csrc/api/include/torch/version.h>

#include "engine/data/decode.h"
#include "engine/data/sample.h"
#include "engine/device/parallel.h"
#include "engine/error.h"

namespace thaw::train {
namespace {

// Raised when the same key would mean other features.
constexpr int kVersion = 2;

std::string digest(const std::string& text) { return c10::sha1(text).str(); }

std::string digest(const void* bytes, size_t size) {
  return digest(std::string(static_cast<const char*>(bytes), size));
}

std::string digest(const at::Tensor& tensor) {
  const at::Tensor values = tensor.detach().to(at::kCPU).contiguous();
  return digest(values.const_data_ptr(), values.nbytes());
}

// No tensor operation: several threads are in here.
std::string image_digest(const data::Dataset& dataset, int64_t sample,
                         std::vector<uint8_t>& buffer) {
  if (dataset.pixels.defined()) {
    const int64_t size = dataset.pixels.stride(0) * dataset.pixels.element_size();
    const auto* first = static_cast<const uint8_t*>(dataset.pixels.const_data_ptr());
    return digest(first + sample * size, size);
  }
  if (!dataset.encoded.empty()) {
    return digest(dataset.encoded[sample].data(), dataset.encoded[sample].size());
  }
  try {
    data::read_file(dataset.paths[sample], buffer);
  } catch (const Error&) {
    return "unreadable";
  }
  return digest(buffer.data(), buffer.size());
}

std::string images_digest(const data::Dataset& dataset) {
  std::vector<std::string> digests(static_cast<size_t>(dataset.size()));
  device::parallel_ranges(dataset.size(), [&](int64_t begin, int64_t end) {
    std::vector<uint8_t> buffer;
    for (int64_t sample = begin; sample < end; ++sample)
      digests[sample] = image_digest(dataset, sample, buffer);
  });
  std::string all;
  for (const std::string& one : digests) all += one;
  return digest(all);
}

}  // namespace

std::string network_key(const Session& session, int boundary, at::ScalarType compute,
                        device::Kernels kernels) {
  const data::ImageLibraries libraries = data::image_libraries();
  std::ostringstream text;
  text << std::hexfloat << kVersion << ' ' << TORCH_VERSION << ' ' << at::get_cpu_capability()
       << ' ' << session.backend->device() << ' ' << compute << ' ' << libraries.libjpeg << ' '
       << libraries.libvips;
  text << (kernels == device::Kernels::kPlain ? " plain" : " fused");
  const data::Preprocessing& p = session.preprocessing;
  text << ' ' << p.height << ' ' << p.width << ' ' << p.resize;
  for (const double value : p.mean) text << ' ' << value;
  for (const double value : p.std) text << ' ' << value;
  text << '\n' << session.network->graph().text(boundary);
  for (const model::Weights::Entry& entry : session.network->weights().entries()) {
    if (entry.node <= boundary && entry.role != model::Role::kCounter)
      text << entry.name << ' ' << digest(entry.tensor) << '\n';
  }
  return digest(text.str());
}

std::string cache_key(const std::string& network, const data::Dataset& dataset,
                      const data::LoaderOptions& loader) {
  std::ostringstream text;
  text << network << ' ' << static_cast<int>(loader.augmentation) << ' ' << loader.views << ' ';
  if (loader.augmentation != data::Augmentation::kNone) text << loader.seed;
  text << ' ' << images_digest(dataset);
  return digest(text.str());
}

}  // namespace thaw::train
