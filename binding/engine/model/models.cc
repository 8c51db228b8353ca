#include "engine/model/models.h"

#include "engine/error.h"

namespace thaw::model {
namespace {

// torchvision.models.resnet
const std::vector<Architecture> kRows = {
    {"resnet18", {.bottleneck = false, .depths = {2, 2, 2, 2}}},
    {"resnet34", {.bottleneck = false, .depths = {3, 4, 6, 3}}},
    {"resnet50", {.bottleneck = true, .depths = {3, 4, 6, 3}}, /*in_keras=*/true},
    {"resnet101", {.bottleneck = true, .depths = {3, 4, 23, 3}}, /*in_keras=*/true},
    {"resnet152", {.bottleneck = true, .depths = {3, 8, 36, 3}}, /*in_keras=*/true},
    {"resnext50_32x4d", {.bottleneck = true, .depths = {3, 4, 6, 3}, .groups = 32, .width = 4}},
    {"resnext101_32x8d", {.bottleneck = true, .depths = {3, 4, 23, 3}, .groups = 32, .width = 8}},
    {"wide_resnet50_2", {.bottleneck = true, .depths = {3, 4, 6, 3}, .width = 128}},
    {"wide_resnet101_2", {.bottleneck = true, .depths = {3, 4, 23, 3}, .width = 128}},
};

std::string names_of(bool in_keras) {
  std::string names;
  for (const Architecture& row : kRows) {
    if (row.in_keras || !in_keras) names += (names.empty() ? "" : ", ") + row.name;
  }
  return names;
}

}  // namespace

const std::vector<Architecture>& architectures() {
  static const std::vector<Architecture> all = [] {
    std::vector<Architecture> all = kRows;
    for (Architecture row : kRows) {
      row.variant = Variant::kKeras;
      if (row.in_keras) all.push_back(row);
    }
    return all;
  }();
  return all;
}

Architecture find_architecture(const std::string& name, Variant variant) {
  bool known = false;
  for (const Architecture& row : architectures()) {
    if (row.name != name) continue;
    if (row.variant == variant) return row;
    known = true;
  }
  if (known) {
    fail("ERR_UNKNOWN_ARCHITECTURE", "Keras has no ", name, "; its networks are ", names_of(true),
         ".");
  }
  fail("ERR_UNKNOWN_ARCHITECTURE", "There is no architecture '", name, "'; it is one of ",
       names_of(false), ".");
}

Graph make_graph(const Architecture& architecture, InputShape input,
                 const std::vector<HeadLayer>& head, Initializer initializer) {
  if (input.height < 32 || input.width < 32) {
    fail("ERR_INVALID_ARGUMENT",
         "Expected an input of at least 32 x 32 pixels for inputShape but received ", input.height,
         " x ", input.width, ".");
  }
  Graph graph;
  graph.add(op::Input{.of = {3, input.height, input.width}}, {"", "input_layer"}, {});
  build(graph, architecture.network, architecture.variant);
  add_head(graph, head, initializer, architecture.variant == Variant::kTorchvision);
  return graph;
}

}  // namespace thaw::model
