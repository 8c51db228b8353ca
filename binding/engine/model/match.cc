#include "engine/model/match.h"

#include "engine/error.h"

namespace thaw::model {
namespace {

// Of the backbone, in torchvision's order; the counters that a file may lack are left out.
template <typename Visit>
void for_each_tensor(const Architecture& architecture, Visit visit) {
  const Graph graph = make_graph(architecture, {}, {}, Initializer::kKeras);
  for (int node = 0; node < graph.size(); ++node) {
    for (const TensorSpec& spec : graph.tensors(node)) {
      if (spec.role != Role::kCounter) visit(graph.at(node).names.module + "." + spec.field, spec);
    }
  }
}

TensorShapes backbone_shapes(const Architecture& architecture) {
  TensorShapes shapes;
  for_each_tensor(architecture, [&](const std::string& name, const TensorSpec& spec) {
    shapes[name] = spec.shape;
  });
  return shapes;
}

bool counts(const std::string& name) {
  return !name.ends_with(".num_batches_tracked") && !name.starts_with("fc.") &&
         !name.starts_with("head.");
}

// Tensors that only one of the two has, or that differ in shape.
size_t disagreements(const TensorShapes& file, const TensorShapes& network) {
  size_t found = 0;
  for (const auto& [name, shape] : network) {
    const auto other = file.find(name);
    found += other == file.end() || other->second != shape ? 1 : 0;
  }
  for (const auto& [name, shape] : file) found += counts(name) && !network.contains(name) ? 1 : 0;
  return found;
}

}  // namespace

const Architecture& match_architecture(const TensorShapes& tensors, const std::string& origin,
                                       const std::string& wanted) {
  constexpr double kTolerated = 0.1;
  const Architecture *best = nullptr, *best_wanted = nullptr;
  double least = 0, least_wanted = 0;
  std::string names;
  for (const Architecture& candidate : architectures()) {
    if (candidate.variant == Variant::kTorchvision)
      names += (names.empty() ? "" : ", ") + candidate.name;
    const TensorShapes shapes = backbone_shapes(candidate);
    const double share =
        static_cast<double>(disagreements(tensors, shapes)) / static_cast<double>(shapes.size());
    if (!best || share < least) best = &candidate, least = share;
    if (candidate.name == wanted && (!best_wanted || share < least_wanted))
      best_wanted = &candidate, least_wanted = share;
  }
  if (least > kTolerated) {
    if (best_wanted) return *best_wanted;
    fail("ERR_WEIGHTS_MISMATCH", origin, " holds the weights of none of ", names, ".");
  }
  if (best_wanted && best != best_wanted)
    fail("ERR_WEIGHTS_MISMATCH", origin, " holds a ", best->name, ", not a ", wanted, ".");
  return *best;
}

const weights::NetworkNames& network_names() {
  static const weights::NetworkNames all = [] {
    weights::NetworkNames all;
    for (const Architecture& architecture : architectures()) {
      all.emplace_back();
      for_each_tensor(architecture, [&](const std::string& name, const TensorSpec&) {
        all.back().push_back(name);
      });
    }
    return all;
  }();
  return all;
}

}  // namespace thaw::model
