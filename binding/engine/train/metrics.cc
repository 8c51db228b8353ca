#include "engine/train/metrics.h"

#include <algorithm>
#include <cctype>

#include "engine/error.h"

namespace thaw::train {
namespace {

at::Tensor loss_sum(const Outputs& outputs) { return outputs.loss; }

at::Tensor right(const Outputs& outputs) {
  return predicted_classes(outputs.logits).eq(target_classes(outputs.target)).sum();
}

// The class is among the five largest logits.
at::Tensor right_among_five(const Outputs& outputs) {
  const at::Tensor& logits = outputs.logits;
  if (logits.size(1) == 1) return right(outputs);
  if (logits.size(1) <= 5) return at::full({}, logits.size(0), logits.options());
  const at::Tensor top = std::get<1>(logits.topk(5, 1));
  return top.eq(target_classes(outputs.target).unsqueeze(1)).sum();
}

constexpr const char* kAlways[] = {"loss", "accuracy"};

}  // namespace

const std::vector<Metric>& all_metrics() {
  static const std::vector<Metric> all = {
      {.name = "loss", .larger_is_better = false, .sum = loss_sum},
      {.name = "accuracy", .larger_is_better = true, .sum = right},
      {.name = "top5", .larger_is_better = true, .sum = right_among_five},
  };
  return all;
}

std::string Metric::validation_name() const {
  std::string text = "val" + name;
  text[3] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[3])));
  return text;
}

std::vector<const Metric*> chosen_metrics(const std::vector<std::string>& names) {
  std::vector<std::string> wanted(std::begin(kAlways), std::end(kAlways));
  for (const std::string& name : names) {
    const auto& all = all_metrics();
    if (std::none_of(all.begin(), all.end(), [&](const Metric& m) { return m.name == name; }))
      fail("ERR_INVALID_ARGUMENT", "There is no metric called '", name, "'.");
    wanted.push_back(name);
  }
  std::vector<const Metric*> chosen;
  for (const Metric& metric : all_metrics()) {
    if (std::find(wanted.begin(), wanted.end(), metric.name) != wanted.end())
      chosen.push_back(&metric);
  }
  return chosen;
}

std::vector<const Metric*> every_metric() {
  std::vector<const Metric*> every;
  for (const Metric& metric : all_metrics()) every.push_back(&metric);
  return every;
}

double Metrics::Values::operator[](std::string_view name) const {
  for (const auto& [metric, mean] : means) {
    if (metric->name == name) return mean;
  }
  return 0;
}

Metrics::Metrics(std::vector<const Metric*> metrics, int64_t classes, at::Device device)
    : metrics_(std::move(metrics)),
      classes_(classes),
      sums_(at::zeros({static_cast<int64_t>(metrics_.size())},
                      at::TensorOptions().dtype(at::kDouble).device(device))) {
  if (classes > 0) {
    confusion_ =
        at::zeros({classes * classes}, at::TensorOptions().dtype(at::kLong).device(device));
  }
}

void Metrics::add(const Outputs& outputs) {
  at::NoGradGuard no_grad;
  const Outputs values{outputs.loss.detach(), outputs.logits.detach(), outputs.target};
  std::vector<at::Tensor> sums;
  for (const Metric* metric : metrics_) sums.push_back(metric->sum(values).to(at::kDouble));
  sums_.add_(at::stack(sums));
  images_ += values.logits.size(0);
  if (!confusion_.defined()) return;
  // Not bincount(): it waits for the device to learn the largest value.
  const at::Tensor cells =
      target_classes(values.target) * classes_ + predicted_classes(values.logits);
  confusion_.scatter_add_(0, cells, at::ones_like(cells));
}

Metrics::Values Metrics::read() const {
  const at::Tensor host = sums_.to(at::kCPU);
  const double* sums = host.const_data_ptr<double>();
  const auto n = static_cast<double>(std::max<int64_t>(images_, 1));
  Values values{.images = images_};
  for (size_t i = 0; i < metrics_.size(); ++i) values.means.emplace_back(metrics_[i], sums[i] / n);
  return values;
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
  const auto count = static_cast<int64_t>(metrics_.size());
  if (sums.numel() != count + 1)
    fail("ERR_CHECKPOINT_MISMATCH", "The checkpoint has other metrics than the run.");
  sums_.copy_(sums.slice(0, 0, count));
  images_ = sums[count].item<int64_t>();
}

}  // namespace thaw::train
