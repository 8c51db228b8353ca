#include "engine/model/frozen_checked.h"

#include <limits>
#include <optional>
#include <sstream>
#include <vector>

#include "engine/notice.h"

namespace thaw::model {
namespace {

// Of the 2-norm. Two ways of rounding after each of some fifty convolutions differ by about 1 % in
// bfloat16; a wrong kernel by far more.
double tolerance(at::ScalarType type) {
  switch (type) {
    case at::kBFloat16:
      return 0.05;
    case at::kHalf:
      return 0.01;
    default:
      return 0.001;
  }
}

double difference(const at::Tensor& actual, const at::Tensor& expected) {
  const at::Tensor a = actual.to(at::kFloat), e = expected.to(at::kFloat);
  return ((a - e).norm() / e.norm().clamp_min(1e-30)).item<double>();
}

// Leaves NaN in the memory that the next tensors are likely to get: a kernel that multiplies memory
// nobody wrote by zero is found out. A ResNet's largest feature maps have 16/3 of its input's size.
void spoil_free_memory(const at::Tensor& images) {
  std::vector<at::Tensor> spoilt;
  for (int i = 0; i < 3; ++i) {
    spoilt.push_back(at::full({6 * images.numel()}, std::numeric_limits<double>::quiet_NaN(),
                              images.options().memory_format(std::nullopt)));
  }
}

class CheckedFrozenPart final : public FrozenPart {
 public:
  CheckedFrozenPart(std::unique_ptr<FrozenPart> fast, std::unique_ptr<FrozenPart> plain)
      : fast_(std::move(fast)), plain_(std::move(plain)) {}

  at::Tensor forward(const at::Tensor& images, int64_t batch) const override {
    if (fast_ && !plain_) return fast_->forward(images, batch);
    const at::Tensor expected = plain_->forward(images, batch);
    if (!fast_) return expected;
    at::Tensor features;
    if (const auto objection = examine(images, batch, expected, features)) {
      notice("the fast way through the frozen layers is not taken: " + *objection);
      fast_.reset();
      return expected;
    }
    plain_.reset();
    return features;  // as for every later batch
  }

 private:
  std::optional<std::string> examine(const at::Tensor& images, int64_t batch,
                                     const at::Tensor& expected, at::Tensor& features) const {
    try {
      spoil_free_memory(images);
      features = fast_->forward(images, batch);
      if (features.sizes() != expected.sizes()) return "its features have another shape.";
      const double by = difference(features, expected);
      if (by <= tolerance(expected.scalar_type())) return std::nullopt;  // NaN is not
      std::ostringstream text;
      text << "its features differ by " << by << ".";
      return text.str();
    } catch (const c10::OutOfMemoryError&) {
      throw;
    } catch (const std::exception& error) {
      return reason(error);
    }
  }

  // Until the first batch both; then the one that is taken.
  mutable std::unique_ptr<FrozenPart> fast_;
  mutable std::unique_ptr<FrozenPart> plain_;
};

}  // namespace

std::unique_ptr<FrozenPart> make_checked_frozen_part(std::unique_ptr<FrozenPart> fast,
                                                     std::unique_ptr<FrozenPart> plain) {
  return std::make_unique<CheckedFrozenPart>(std::move(fast), std::move(plain));
}

}  // namespace thaw::model
