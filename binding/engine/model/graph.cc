#include "engine/model/graph.h"

#include <algorithm>
#include <functional>
#include <sstream>

namespace thaw::model {

int Graph::add(Op op, Names names, std::vector<int> inputs) {
  Shape shape = shape_of(op, shapes(inputs));
  nodes_.push_back({.op = std::move(op),
                    .names = std::move(names),
                    .inputs = std::move(inputs),
                    .shape = std::move(shape),
                    .head = head_});
  return output();
}

std::vector<Shape> Graph::shapes(const std::vector<int>& nodes) const {
  std::vector<Shape> shapes;
  for (const int node : nodes) shapes.push_back(at(node).shape);
  return shapes;
}

std::vector<TensorSpec> Graph::tensors(int node) const {
  return tensors_of(at(node).op, shapes(at(node).inputs));
}

std::vector<int> Graph::consumers(int node) const {
  std::vector<int> found;
  for (int other = node + 1; other < size(); ++other) {
    const std::vector<int>& inputs = at(other).inputs;
    if (std::find(inputs.begin(), inputs.end(), node) != inputs.end()) found.push_back(other);
  }
  return found;
}

std::vector<int> Graph::cuts() const {
  std::vector<int> last_use(nodes_.size());
  for (int node = 0; node < size(); ++node) {
    for (const int input : at(node).inputs) last_use[input] = node;
  }
  std::vector<int> cuts;
  int alive_until = 0;  // the last use of any value before the node
  for (int node = 0; node < size(); ++node) {
    if (alive_until <= node) cuts.push_back(node);
    alive_until = std::max(alive_until, last_use[node]);
  }
  return cuts;
}

std::vector<int> Graph::keras_order() const {
  std::vector<int> depth(nodes_.size()), place(nodes_.size(), -1), order;
  for (int node = output(); node >= 0; --node) {
    for (const int input : at(node).inputs) depth[input] = std::max(depth[input], depth[node] + 1);
  }
  const std::function<void(int)> visit = [&](int node) {
    if (place[node] >= 0) return;
    for (const int input : at(node).inputs) visit(input);
    place[node] = static_cast<int>(order.size());
    order.push_back(node);
  };
  visit(output());
  std::sort(order.begin(), order.end(), [&](int a, int b) {
    return depth[a] != depth[b] ? depth[a] > depth[b] : place[a] < place[b];
  });
  return order;
}

std::string Graph::text(int last) const {
  std::ostringstream text;
  text << std::hexfloat;
  for (int node = 0; node <= last; ++node) {
    text << op_name(at(node).op) << ' ' << at(node).names.module;
    for (const int input : at(node).inputs) text << ' ' << input;
    const auto attribute = [&](const char* name, const auto& value) {
      if constexpr (Named<std::decay_t<decltype(value)>>) {
        text << ' ' << name << '=' << name_of(value);
      } else {
        text << ' ' << name << '=' << value;
      }
    };
    each_attribute(at(node).op, attribute);
    text << " ->";
    for (const int64_t size : at(node).shape) text << ' ' << size;
    text << '\n';
  }
  return text.str();
}

}  // namespace thaw::model
