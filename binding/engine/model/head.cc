#include "engine/model/head.h"

#include "engine/error.h"
#include "engine/model/graph.h"

namespace thaw::model {
namespace {

// torchvision's own head keeps torchvision's name, so that its files and ours are interchangeable.
bool is_torchvisions(const std::vector<HeadLayer>& head) {
  return head.size() == 2 && head[0].kind == HeadKind::kGlobalAveragePooling &&
         head[1].kind == HeadKind::kDense;
}

}  // namespace

void add_head(Graph& graph, const std::vector<HeadLayer>& head, Initializer initializer,
              bool unbiased) {
  graph.begin_head();
  const bool torchvisions = is_torchvisions(head);
  for (size_t i = 0; i < head.size(); ++i) {
    const HeadLayer& layer = head[i];
    const bool spatial = graph.at(graph.output()).shape.size() > 1;
    const std::string numbered = "head." + std::to_string(i);
    const auto add = [&](Op op, const std::string& module, const std::string& torch) {
      graph.add(std::move(op), {module, layer.name, torch}, {graph.output()});
    };
    switch (layer.kind) {
      case HeadKind::kGlobalAveragePooling:
      case HeadKind::kFlatten:
        if (!spatial) {
          fail("ERR_INVALID_ARGUMENT", "The head's layer '", layer.name,
               "' needs a feature map, but a layer before it has already made a vector of it.");
        }
        if (layer.kind == HeadKind::kFlatten) {
          add(op::Flatten{}, numbered, "");
        } else {
          add(op::GlobalAveragePool{}, torchvisions ? "avgpool" : numbered, "avgpool");
        }
        break;
      case HeadKind::kDense: {
        if (spatial) {
          fail("ERR_INVALID_ARGUMENT", "The head's dense layer '", layer.name,
               "' needs globalAveragePooling() or flatten() before it.");
        }
        const std::string module = torchvisions ? "fc" : numbered;
        add(
            op::Dense{
                .units = layer.units, .activation = layer.activation, .initializer = initializer},
            module, module);
        break;
      }
      case HeadKind::kBatchNormalization:
        add(
            op::BatchNorm{
                .epsilon = layer.epsilon, .momentum = 1 - layer.momentum, .unbiased = unbiased},
            numbered, numbered);
        break;
      case HeadKind::kDropout:
        add(op::Dropout{.rate = layer.rate}, numbered, "");
        break;
    }
  }
  if (!head.empty() && head.back().kind != HeadKind::kDense) {
    fail("ERR_INVALID_ARGUMENT", "The head must end with a dense layer, not with '",
         head.back().name, "'.");
  }
  if (!head.empty() && head.back().units == 1 && head.back().activation == Activation::kSoftmax) {
    fail("ERR_INVALID_ARGUMENT", "A softmax over one unit is always 1: end the head with dense(1, ",
         "{ activation: 'sigmoid' }) for two classes, or with a unit for each class.");
  }
}

}  // namespace thaw::model
