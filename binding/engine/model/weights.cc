#include "engine/model/weights.h"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <stdexcept>

namespace thaw::model {
namespace {

at::Tensor drawn(const TensorSpec& spec, const at::Generator& generator) {
  at::Tensor tensor = at::empty(spec.shape, spec.role == Role::kCounter ? at::kLong : at::kFloat);
  switch (spec.draw.kind) {
    case Draw::kConstant:
      tensor.fill_(spec.draw.value);
      break;
    case Draw::kNormal:
      tensor.normal_(0, spec.draw.value, generator);
      break;
    case Draw::kUniform:
      tensor.uniform_(-spec.draw.value, spec.draw.value, generator);
      break;
  }
  return tensor.dim() == 4 ? tensor.contiguous(at::MemoryFormat::ChannelsLast) : tensor;
}

}  // namespace

Weights::Weights(const Weights& other) : entries_(other.entries_) {
  for (Entry& entry : entries_) {
    entry.tensor = entry.tensor.detach().clone().set_requires_grad(entry.tensor.requires_grad());
  }
}

Weights& Weights::operator=(const Weights& other) { return *this = Weights(other); }

void Weights::draw(const Graph& graph, int first, int end, uint64_t seed) {
  const at::Generator generator = at::detail::createCPUGenerator(seed);
  for (int node = first; node < end; ++node) {
    for (const TensorSpec& spec : graph.tensors(node)) {
      entries_.push_back({.name = graph.at(node).names.module + "." + spec.field,
                          .node = node,
                          .role = spec.role,
                          .tensor = drawn(spec, generator)});
    }
  }
}

void Weights::drop(int first) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.node >= first; });
}

std::vector<at::Tensor> Weights::of(int node) const {
  const auto begin = std::lower_bound(entries_.begin(), entries_.end(), node,
                                      [](const Entry& entry, int n) { return entry.node < n; });
  std::vector<at::Tensor> tensors;
  for (auto entry = begin; entry != entries_.end() && entry->node == node; ++entry)
    tensors.push_back(entry->tensor);
  return tensors;
}

at::Tensor Weights::at(const std::string& name) const {
  for (const Entry& entry : entries_) {
    if (entry.name == name) return entry.tensor;
  }
  throw std::out_of_range("there is no tensor " + name);
}

}  // namespace thaw::model
