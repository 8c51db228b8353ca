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
  // The same where an image may have many labels; null where it means nothing then.
  at::Tensor (*sum_of_labels)(const Outputs& outputs);

  std::string validation_name() const;  // "valLoss"
};

const std::vector<Metric>& all_metrics();

// 'loss', 'accuracy' and these, in the table's order. Throws ERR_INVALID_ARGUMENT for a name that
// is not in the table, or means nothing for this kind of target.
std::vector<const Metric*> chosen_metrics(const std::vector<std::string>& names, Target target);
// All that mean something.
std::vector<const Metric*> every_metric(Target target);

// How well one of many labels is told, over a data set.
struct LabelScores {
  int64_t true_positives = 0, false_positives = 0, false_negatives = 0;
  // Area under the curve of precision over recall, in steps: the mean over the label's images of
  // the precision at each one's probability. 0 where no image has the label.
  double average_precision = 0;
};

void fields(auto& visit, Of<LabelScores> auto& scores) {
  visit("truePositives", scores.true_positives);
  visit("falsePositives", scores.false_positives);
  visit("falseNegatives", scores.false_negatives);
  visit("averagePrecision", scores.average_precision);
}

class Metrics {
 public:
  struct Values {
    int64_t images = 0;
    std::vector<std::pair<const Metric*, double>> means = {};

    // 0 for what was not measured.
    double operator[](std::string_view name) const;
  };

  // `classes`: for what is told of each of them, where it is not 0: the confusion matrix, or of
  // many labels the scores of each.
  Metrics(std::vector<const Metric*> metrics, Target target, int64_t classes, at::Device device);

  void add(const Outputs& outputs);

  Values read() const;  // waits for the device
  // classes x classes, rows: label, columns: prediction; empty where an image may have many labels.
  std::vector<int64_t> confusion() const;
  // One a class; empty where an image has one label. `thresholds`: above which an image is said to
  // have the label, one a class; empty: 0.5.
  std::vector<LabelScores> label_scores(const std::vector<double>& thresholds) const;

  // What has been added so far, to be taken back to: of batches that are to count for nothing.
  struct Mark {
    int64_t images = 0;
    at::Tensor sums;
  };
  Mark mark() const { return {images_, sums_.clone()}; }
  void back_to(const Mark& mark) {
    images_ = mark.images;
    sums_.copy_(mark.sums);
  }

  // For checkpoints: the sums and the number of images, float64 [metrics + 1].
  at::Tensor sums() const;
  void restore(const at::Tensor& sums);

 private:
  std::vector<const Metric*> metrics_;
  Target target_;
  int64_t classes_;
  int64_t images_ = 0;
  at::Tensor sums_;                           // float64 [metrics]
  at::Tensor confusion_;                      // int64 [classes * classes], or undefined
  std::vector<at::Tensor> logits_, targets_;  // of every batch, for the scores of labels
};

// Names of Values as results have them.
void metric_fields(auto& visit, const Metrics::Values& values) {
  for (const auto& [metric, mean] : values.means) visit(metric->name.c_str(), mean);
}

}  // namespace thaw::train
