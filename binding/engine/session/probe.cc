#include "engine/session/probe.h"

#include <algorithm>
#include <array>
#include <limits>

namespace thaw::session {
namespace {

constexpr int64_t kBlock = 1024;  // rows at a time

// Of features of length 1: from hardly any to so much that the classes' means alone are left.
constexpr std::array kPenalties = {0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0};

// The centred features on the axes of their scatter, with the scatter along each.
class Ridge {
 public:
  Ridge(const at::Tensor& features, const at::Tensor& targets)
      : targets_(targets.to(at::kDouble)), mean_(targets_.mean(0, /*keepdim=*/true)) {
    at::Tensor centred = features.to(at::kDouble);
    centred = centred - centred.mean(0, /*keepdim=*/true);
    // Whichever is the smaller matrix: both have the same axes.
    if (centred.size(0) > centred.size(1)) {
      const auto [scatter, axes] = at::linalg_eigh(centred.t().mm(centred));
      scatter_ = scatter.clamp_min(0);
      along_ = centred.mm(axes);
    } else {
      const auto [scatter, rows] = at::linalg_eigh(centred.mm(centred.t()));
      scatter_ = scatter.clamp_min(0);
      along_ = rows * scatter_.sqrt();
    }
    weighed_ = along_.t().mm(targets_ - mean_);
  }

  at::Tensor leave_one_out(double penalty) const {
    const at::Tensor shrunk = (scatter_ + penalty).reciprocal();
    const at::Tensor fitted = mean_ + along_.mm(shrunk.unsqueeze(1) * weighed_);
    const double of_intercept = 1.0 / static_cast<double>(targets_.size(0));
    const at::Tensor leverage = along_.square().mv(shrunk) + of_intercept;
    return targets_ - (targets_ - fitted) / (1 - leverage).unsqueeze(1);
  }

  double error(const at::Tensor& outside) const {
    return (targets_ - outside).square().mean().item<double>();
  }

 private:
  const at::Tensor targets_, mean_;
  at::Tensor scatter_, along_, weighed_;
};

}  // namespace

Nearest nearest_rows(const at::Tensor& features, int64_t count, const std::function<void()>& step) {
  const int64_t n = features.size(0);
  count = std::min(count, n - 1);
  const at::Tensor others = features.t();
  std::vector<at::Tensor> rows, cosines;
  for (int64_t begin = 0; begin < n; begin += kBlock) {
    step();
    const int64_t size = std::min(kBlock, n - begin);
    at::Tensor like = features.narrow(0, begin, size).mm(others);
    like.diagonal(begin).fill_(-std::numeric_limits<float>::infinity());
    const auto [values, indices] = like.topk(count, 1);
    cosines.push_back(values);
    rows.push_back(indices);
  }
  return {at::cat(rows), at::cat(cosines)};
}

at::Tensor leave_one_out(const at::Tensor& features, const at::Tensor& targets, double penalty) {
  return Ridge(features, targets).leave_one_out(penalty);
}

at::Tensor leave_one_out(const at::Tensor& features, const at::Tensor& targets) {
  const Ridge ridge(features, targets);
  at::Tensor best;
  double least = std::numeric_limits<double>::infinity();
  for (const double penalty : kPenalties) {
    const at::Tensor outside = ridge.leave_one_out(penalty);
    const double error = ridge.error(outside);
    if (error < least || !best.defined()) {
      least = error;
      best = outside;
    }
  }
  return best;
}

}  // namespace thaw::session
