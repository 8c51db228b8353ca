// What is measured of a run, by name: everything that records, keeps or shows it goes through the
// table. Sums stay on the device until they are read, so that a batch costs no wait.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/torch.h"
#include "engine/train/loss.h"

namespace thaw::train {

// What a metric is computed from, a batch at a time.
struct Outputs {
  at::Tensor loss;    // summed over the images
  at::Tensor logits;  // [N, outputs]
  at::Tensor target;  // classes [N] or shares [N, C]
};

struct Metric {
  std::string name;
  bool larger_is_better;
  // Its sum over the images of a batch, a scalar; what is shown is the mean over all images.
  at::Tensor (*sum)(const Outputs& outputs);

  std::string validation_name() const;  // "valLoss"
};

const std::vector<Metric>& all_metrics();

// 'loss', 'accuracy' and these, in the table's order. Throws ERR_INVALID_ARGUMENT for a name that
// is not in the table.
std::vector<const Metric*> chosen_metrics(const std::vector<std::string>& names);
std::vector<const Metric*> every_metric();

class Metrics {
 public:
  struct Values {
    int64_t images = 0;
    std::vector<std::pair<const Metric*, double>> means = {};

    // 0 for what was not measured.
    double operator[](std::string_view name) const;
  };

  // `classes`: of the confusion matrix, which is kept where it is not 0.
  Metrics(std::vector<const Metric*> metrics, int64_t classes, at::Device device);

  void add(const Outputs& outputs);

  Values read() const;                     // waits for the device
  std::vector<int64_t> confusion() const;  // classes x classes, rows: label, columns: prediction

  // For checkpoints: the sums and the number of images, float64 [metrics + 1].
  at::Tensor sums() const;
  void restore(const at::Tensor& sums);

 private:
  std::vector<const Metric*> metrics_;
  int64_t classes_;
  int64_t images_ = 0;
  at::Tensor sums_;       // float64 [metrics]
  at::Tensor confusion_;  // int64 [classes * classes], or undefined
};

// Names of Values as results have them.
void metric_fields(auto& visit, const Metrics::Values& values) {
  for (const auto& [metric, mean] : values.means) visit(metric->name.c_str(), mean);
}

}  // namespace thaw::train
