#include "engine/train/finite_guard.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "engine/train/magnitude.h"

namespace thaw::train {
namespace {

constexpr const char* kLoss = "loss";
constexpr const char* kGradient = "gradient";

// A scalar on the gradients' device; NaN where there is one.
at::Tensor largest(const std::vector<at::Tensor>& gradients) {
  return at::stack(at::_foreach_norm(gradients, std::numeric_limits<double>::infinity())).amax();
}

}  // namespace

FiniteGuard::FiniteGuard(bool at_once, at::Device device, std::vector<at::Tensor> statistics)
    : statistics_(std::move(statistics)) {
  for (const at::Tensor& tensor : statistics_) kept_.push_back(tensor.detach().clone());
  if (at_once) return;
  bad_ = at::zeros({}, at::TensorOptions().dtype(at::kFloat).device(device));
  first_ = at::full({}, -1, at::TensorOptions().dtype(at::kLong).device(device));
}

bool FiniteGuard::admits_loss(const at::Tensor& sum, double images, int64_t batch) {
  const at::NoGradGuard no_grad;
  batch_ = batch;
  const double limit = kLargestLoss * images;
  if (knows()) return judge(std::abs(sum.item<double>()) <= limit, kLoss);
  judge(sum.detach().abs() <= limit);
  return true;
}

bool FiniteGuard::admits_gradients(const std::vector<at::Tensor>& gradients, double rate) {
  if (gradients.empty()) return true;
  const at::NoGradGuard no_grad;
  const double limit =
      std::min(kLargestGradient, kLargestUpdate / std::max(rate, 1 / kLargestUpdate));
  if (!knows()) {
    judge(largest(gradients) <= limit);
    return true;
  }
  const bool admitted = judge(gradients[0].is_cpu() ? largest_magnitude(gradients) <= limit
                                                    : largest(gradients).item<float>() <= limit,
                              kGradient);
  if (admitted) keep_statistics();
  return admitted;
}

bool FiniteGuard::judge(bool good, const char* what) {
  if (good) return true;
  for (size_t i = 0; i < statistics_.size(); ++i) statistics_[i].copy_(kept_[i]);
  if (!found_) found_ = {.batch = batch_, .what = what};
  return false;
}

void FiniteGuard::judge(const at::Tensor& good) {
  const at::Tensor bad = good.logical_not().to(at::kFloat);
  first_.copy_(at::where((bad > bad_), at::scalar_tensor(batch_, first_.options()), first_));
  at::maximum_out(bad_, bad_, bad);
}

void FiniteGuard::keep_statistics() {
  for (size_t i = 0; i < statistics_.size(); ++i) kept_[i].copy_(statistics_[i]);
}

std::optional<FiniteGuard::Bad> FiniteGuard::found() {
  const at::NoGradGuard no_grad;
  if (!knows()) {
    if (bad_.item<float>() == 0) {
      keep_statistics();
    } else {
      for (size_t i = 0; i < statistics_.size(); ++i) statistics_[i].copy_(kept_[i]);
      found_ = {.batch = first_.item<int64_t>(), .what = "loss or gradient"};
    }
  }
  return std::exchange(found_, std::nullopt);
}

}  // namespace thaw::train
