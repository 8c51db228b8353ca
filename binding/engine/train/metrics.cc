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

// Of the labels of an image, the share that is told right: Keras' binary accuracy.
at::Tensor right_labels(const Outputs& outputs) {
  return outputs.logits.gt(0).eq(outputs.target.gt(0.5)).to(at::kDouble).mean(1).sum();
}

constexpr const char* kAlways[] = {"loss", "accuracy"};

// scikit-learn's average_precision_score: images of one probability are taken at once.
double average_precision(const at::Tensor& logits, const at::Tensor& has) {
  const auto [sorted, order] = logits.sort(0, /*descending=*/true);
  const at::Tensor hits = has.index_select(0, order).to(at::kLong).cumsum(0);
  const int64_t n = logits.size(0);
  const float* values = sorted.const_data_ptr<float>();
  const int64_t* found = hits.const_data_ptr<int64_t>();
  const int64_t all = n == 0 ? 0 : found[n - 1];
  double sum = 0;
  for (int64_t i = 0, before = 0; i < n; ++i) {
    if (i + 1 < n && values[i + 1] == values[i]) continue;
    sum += static_cast<double>(found[i] - before) * static_cast<double>(found[i]) /
           static_cast<double>(i + 1);
    before = found[i];
  }
  return all == 0 ? 0 : sum / static_cast<double>(all);
}

}  // namespace

const std::vector<Metric>& all_metrics() {
  static const std::vector<Metric> all = {
      {.name = "loss", .larger_is_better = false, .sum = loss_sum, .sum_of_labels = loss_sum},
      {.name = "accuracy", .larger_is_better = true, .sum = right, .sum_of_labels = right_labels},
      {.name = "top5", .larger_is_better = true, .sum = right_among_five, .sum_of_labels = nullptr},
  };
  return all;
}

std::string Metric::validation_name() const {
  std::string text = "val" + name;
  text[3] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[3])));
  return text;
}

std::vector<const Metric*> every_metric(Target target) {
  std::vector<const Metric*> every;
  for (const Metric& metric : all_metrics()) {
    if (target == Target::kOneClass || metric.sum_of_labels) every.push_back(&metric);
  }
  return every;
}

std::vector<const Metric*> chosen_metrics(const std::vector<std::string>& names, Target target) {
  std::vector<const Metric*> chosen = every_metric(target);
  const auto among = [](const auto& list, const std::string& name) {
    return std::find(std::begin(list), std::end(list), name) != std::end(list);
  };
  for (const std::string& name : names) {
    const auto is_it = [&](const Metric* metric) { return metric->name == name; };
    if (std::none_of(chosen.begin(), chosen.end(), is_it)) {
      fail("ERR_INVALID_ARGUMENT", "There is no metric called '", name, "'",
           target == Target::kManyLabels ? " where an image may have many labels." : ".");
    }
  }
  std::erase_if(chosen, [&](const Metric* metric) {
    return !among(kAlways, metric->name) && !among(names, metric->name);
  });
  return chosen;
}

double Metrics::Values::operator[](std::string_view name) const {
  for (const auto& [metric, mean] : means) {
    if (metric->name == name) return mean;
  }
  return 0;
}

Metrics::Metrics(std::vector<const Metric*> metrics, Target target, int64_t classes,
                 at::Device device)
    : metrics_(std::move(metrics)),
      target_(target),
      classes_(classes),
      sums_(at::zeros({static_cast<int64_t>(metrics_.size())},
                      at::TensorOptions().dtype(at::kDouble).device(device))) {
  if (classes > 0 && target == Target::kOneClass) {
    confusion_ =
        at::zeros({classes * classes}, at::TensorOptions().dtype(at::kLong).device(device));
  }
}

void Metrics::add(const Outputs& outputs) {
  at::NoGradGuard no_grad;
  const Outputs values{outputs.loss.detach(), outputs.logits.detach(), outputs.target};
  std::vector<at::Tensor> sums;
  for (const Metric* metric : metrics_) {
    const auto sum = target_ == Target::kOneClass ? metric->sum : metric->sum_of_labels;
    sums.push_back(sum(values).to(at::kDouble));
  }
  sums_.add_(at::stack(sums));
  images_ += values.logits.size(0);
  if (classes_ > 0 && target_ == Target::kManyLabels) {
    logits_.push_back(values.logits.to(at::kCPU));
    targets_.push_back(values.target.to(at::kCPU));
  }
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
  if (!confusion_.defined()) return {};
  const at::Tensor host = confusion_.to(at::kCPU);
  const int64_t* counts = host.const_data_ptr<int64_t>();
  return {counts, counts + host.numel()};
}

std::vector<LabelScores> Metrics::label_scores(const std::vector<double>& thresholds) const {
  if (logits_.empty()) return {};
  // [classes, images]: each label's values in a row.
  const at::Tensor logits = at::cat(logits_).to(at::kFloat).t().contiguous();
  const at::Tensor has = at::cat(targets_).gt(0.5).t().contiguous();
  const at::Tensor probabilities = logits.sigmoid();
  std::vector<LabelScores> scores;
  for (int64_t label = 0; label < logits.size(0); ++label) {
    const double threshold = thresholds.empty() ? 0.5 : thresholds.at(static_cast<size_t>(label));
    const at::Tensor said = probabilities[label].gt(threshold);
    const auto count = [](const at::Tensor& which) { return which.sum().item<int64_t>(); };
    scores.push_back({.true_positives = count(said.logical_and(has[label])),
                      .false_positives = count(said.logical_and(has[label].logical_not())),
                      .false_negatives = count(said.logical_not().logical_and(has[label])),
                      .average_precision = average_precision(logits[label], has[label])});
  }
  return scores;
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
