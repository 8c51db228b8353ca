#include "engine/features/key.h"

#include <ATen/Version.h>
#include <torch/csrc/api/include/torch/version.h>

#include "engine/data/decode.h"
#include "engine/files/digest.h"

namespace thaw::features {
namespace {

// Raised when the same key would mean other features.
constexpr int kVersion = 3;

}  // namespace

std::string network_key(const session::Session& session, int boundary, at::ScalarType compute,
                        device::Kernels kernels) {
  const data::ImageLibraries libraries = data::image_libraries();
  std::ostringstream text;
  text << std::hexfloat << kVersion << ' ' << TORCH_VERSION << ' ' << at::get_cpu_capability()
       << ' ' << session.backend->device() << ' ' << compute << ' ' << libraries.libjpeg << ' '
       << libraries.libvips;
  text << ' ' << name_of(kernels);
  const data::Preprocessing& p = session.preprocessing;
  text << ' ' << p.height << ' ' << p.width << ' ' << p.resize;
  for (const double value : p.mean) text << ' ' << value;
  for (const double value : p.std) text << ' ' << value;
  text << '\n' << session.network->graph().text(boundary);
  std::vector<at::Tensor> frozen;
  for (const model::Weights::Entry& entry : session.network->weights().entries()) {
    if (entry.node <= boundary && entry.role != model::Role::kCounter)
      frozen.push_back(entry.tensor);
  }
  for (const std::string& one : digests(frozen)) text << one << '\n';
  return digest(text.str());
}

std::string cache_key(const std::string& network, const data::LoaderOptions& loader) {
  std::ostringstream text;
  // Images beyond the limit of pixels are kept as unreadable.
  text << network << ' ' << name_of(loader.preprocessing.decode) << ' ' << loader.decode.max_pixels
       << ' ' << static_cast<int>(loader.augmentation) << ' ' << loader.views << ' ';
  if (loader.augmentation != data::Augmentation::kNone) text << loader.seed;
  return digest(text.str());
}

}  // namespace thaw::features
