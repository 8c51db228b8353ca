#include "engine/model/frozen_part.h"

#include "engine/model/kernels/choose.h"

namespace thaw::model {
namespace {

// `images` and black ones after them, `count` in all, in channels-last memory: with a batch's size
// a device may change its kernels, and so an image's features in their last bits.
at::Tensor filled_up(const at::Tensor& images, int64_t count) {
  const at::Tensor full = at::empty({count, images.size(1), images.size(2), images.size(3)},
                                    images.options(), at::MemoryFormat::ChannelsLast)
                              .zero_();
  full.narrow(0, 0, images.size(0)).copy_(images);
  return full;
}

}  // namespace

FrozenPart::FrozenPart(const Network& network, int boundary, at::ScalarType compute,
                       device::Kernels kernels)
    : device_(network.device()),
      program_(lower_for_inference(network, 0, boundary, compute, kernels)) {}

at::Tensor FrozenPart::forward(const at::Tensor& images, int64_t batch) const {
  at::NoGradGuard no_grad;  // not inference mode: the result is an input of autograd
  const auto run = [&](const at::Tensor& some) {
    return program_->forward(some).to(images.scalar_type());
  };
  if (program_->empty()) return images;
  const int64_t n = images.size(0);
  const int64_t group = images_at_a_time(device_, batch > 0 ? batch : n);
  std::vector<at::Tensor> groups;
  for (int64_t first = 0; first < n; first += group) {
    const int64_t count = std::min(group, n - first);
    const at::Tensor some = images.narrow(0, first, count);
    const bool fill = count < group && batch > 0;
    groups.push_back(fill ? run(filled_up(some, group)).narrow(0, 0, count) : run(some));
  }
  return groups.size() == 1 ? groups.front() : at::cat(groups);
}

}  // namespace thaw::model
