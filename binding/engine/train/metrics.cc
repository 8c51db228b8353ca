#include "engine/train/metrics.h"

#include "engine/train/loss.h"

namespace thaw::train {

Metrics::Metrics(int64_t classes, bool confusion, at::Device device)
    : classes_(classes),
      sums_(at::zeros({3}, at::TensorOptions().dtype(at::kDouble).device(device))) {
  if (confusion) {
    confusion_ =
        at::zeros({classes * classes}, at::TensorOptions().dtype(at::kLong).device(device));
  }
}

void Metrics::add(const at::Tensor& loss, const at::Tensor& logits, const at::Tensor& labels) {
  at::NoGradGuard no_grad;
  const int64_t n = labels.size(0);
  const at::Tensor right = predicted_classes(logits).eq(labels).sum();
  at::Tensor among_five = right;
  if (logits.size(1) > 5) {
    const at::Tensor top = std::get<1>(logits.topk(5, 1));
    among_five = top.eq(labels.unsqueeze(1)).sum();
  } else if (logits.size(1) > 1) {
    among_five = at::full({}, n, labels.options());
  }
  sums_.add_(at::stack(
      {loss.detach().to(at::kDouble) * n, right.to(at::kDouble), among_five.to(at::kDouble)}));
  images_ += n;
  if (!confusion_.defined()) return;
  // Not bincount(): it waits for the device to learn the largest value.
  const at::Tensor cells = labels * classes_ + predicted_classes(logits);
  confusion_.scatter_add_(0, cells, at::ones_like(cells));
}

Metrics::Values Metrics::read() const {
  if (images_ == 0) return {};
  const at::Tensor host = sums_.to(at::kCPU);
  const double* sums = host.const_data_ptr<double>();
  const auto n = static_cast<double>(images_);
  return {.images = images_, .loss = sums[0] / n, .accuracy = sums[1] / n, .top5 = sums[2] / n};
}

std::vector<int64_t> Metrics::confusion() const {
  const at::Tensor host = confusion_.to(at::kCPU);
  const int64_t* counts = host.const_data_ptr<int64_t>();
  return {counts, counts + host.numel()};
}

at::Tensor Metrics::sums() const {
  return at::cat({sums_.to(at::kCPU), at::full({1}, static_cast<double>(images_), at::kDouble)});
}

void Metrics::restore(const at::Tensor& sums) {
  sums_.copy_(sums.slice(0, 0, 3));
  images_ = sums[3].item<int64_t>();
}

}  // namespace thaw::train
