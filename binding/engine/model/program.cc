#include "engine/model/program.h"

#include <algorithm>
#include <map>

#include "engine/model/kernels/choose.h"

namespace thaw::model {

using MakeKernel =
    std::function<std::unique_ptr<const ConvolutionKernel>(const ConvolutionStep& step)>;

at::Tensor Program::forward(const at::Tensor& x, const Mode& mode) const {
  std::vector<at::Tensor> values = {x};
  for (const Step& step : steps_) {
    std::vector<at::Tensor> inputs;
    for (const int place : step.inputs) inputs.push_back(values[static_cast<size_t>(place)]);
    for (const int place : step.released) values[static_cast<size_t>(place)].reset();
    // The program's input belongs to the caller; every other value that is still held, to a step.
    if (step.writes_residual && inputs.size() > 1 &&
        (step.inputs.back() == 0 || values[static_cast<size_t>(step.inputs.back())].defined()))
      inputs.back() = inputs.back().clone();
    values.push_back(step.run(inputs, mode));
  }
  return values.back();
}

class Lowering {
 public:
  Lowering(const Network& network, int from, int to, at::ScalarType compute, MakeKernel kernel,
           bool inference)
      : network_(network),
        graph_(network.graph()),
        to_(to),
        compute_(compute),
        kernel_(std::move(kernel)),
        inference_(inference),
        program_(std::make_unique<Program>()) {
    places_[from] = 0;
    // A step stands where the last of its nodes does.
    std::map<int, std::function<void()>> steps;
    std::vector<bool> taken(static_cast<size_t>(graph_.size()), false);
    for (int node = from + 1; node <= to; ++node) {
      if (taken[static_cast<size_t>(node)]) continue;
      if (!std::holds_alternative<op::Convolution>(graph_.at(node).op)) {
        steps[node] = [this, node] { add_node(node); };
        continue;
      }
      const Chain chain = follow(node);
      for (const int inner : {chain.norm, chain.sum, chain.relu}) {
        if (inner >= 0) taken[static_cast<size_t>(inner)] = true;
      }
      steps[chain.last()] = [this, chain] { add_convolution(chain); };
    }
    for (const auto& [node, add] : steps) add();
    find_last_uses();
  }

  std::unique_ptr<const Program> take() { return std::move(program_); }

 private:
  // A convolution and what one kernel computes with it; -1 for none.
  struct Chain {
    int convolution, norm = -1, sum = -1, relu = -1;
    int last() const { return std::max({convolution, norm, sum, relu}); }
  };

  // The only reader of `node`, if it is such an operation.
  template <typename Wanted>
  int only_reader(int node) const {
    const std::vector<int> readers = graph_.consumers(node);
    const bool one = readers.size() == 1 && readers[0] <= to_ && node != to_;
    return one && std::holds_alternative<Wanted>(graph_.at(readers[0]).op) ? readers[0] : -1;
  }

  Chain follow(int convolution) const {
    Chain chain{.convolution = convolution};
    chain.norm = only_reader<op::BatchNorm>(convolution);
    const int value = chain.last();
    // Of the two branches that are added up, the kernel of the last computes the sum.
    const int sum = only_reader<op::Add>(value);
    if (sum >= 0 && graph_.at(sum).inputs.back() == value) {
      chain.relu = only_reader<op::Relu>(sum);
      if (chain.relu >= 0) chain.sum = sum;
    } else {
      chain.relu = only_reader<op::Relu>(value);
    }
    return chain;
  }

  void add_convolution(const Chain& chain) {
    const Node& node = graph_.at(chain.convolution);
    ConvolutionStep step{.convolution = bind_convolution(std::get<op::Convolution>(node.op),
                                                         network_.weights().of(chain.convolution),
                                                         network_.trainable(chain.convolution)),
                         .norm = {},
                         .relu = chain.relu >= 0,
                         .input = graph_.at(node.inputs[0]).shape};
    if (chain.norm >= 0) {
      step.norm = bind_norm(std::get<op::BatchNorm>(graph_.at(chain.norm).op),
                            network_.weights().of(chain.norm), network_.trainable(chain.norm));
    }
    std::vector<int> inputs = {node.inputs[0]};
    if (chain.sum >= 0) inputs.push_back(graph_.at(chain.sum).inputs.front());
    add(chain.last(), inputs, inference_,
        [kernel = std::shared_ptr<const ConvolutionKernel>(kernel_(step))](
            const std::vector<at::Tensor>& in, const Mode& mode) {
          return (*kernel)(in[0], in.size() > 1 ? in[1] : at::Tensor(), mode);
        });
  }

  void add_node(int index) {
    const Node& node = graph_.at(index);
    add(index, node.inputs, /*writes_residual=*/false,
        [op = node.op, tensors = network_.weights().of(index),
         trainable = network_.trainable(index), compute = compute_,
         last = node.head && index == graph_.output()](const std::vector<at::Tensor>& in,
                                                       const Mode& mode) {
          return run(op, {.inputs = in,
                          .tensors = tensors,
                          .trainable = trainable,
                          .compute = compute,
                          .last = last,
                          .mode = mode});
        });
  }

  void add(int node, const std::vector<int>& inputs, bool writes_residual,
           std::function<at::Tensor(const std::vector<at::Tensor>&, const Mode&)> run) {
    Program::Step step{
        .run = std::move(run), .inputs = {}, .released = {}, .writes_residual = writes_residual};
    for (const int input : inputs) step.inputs.push_back(places_.at(input));
    program_->steps_.push_back(std::move(step));
    places_[node] = static_cast<int>(program_->steps_.size());
  }

  void find_last_uses() {
    std::vector<bool> read_later(program_->steps_.size() + 1, false);
    for (auto step = program_->steps_.rbegin(); step != program_->steps_.rend(); ++step) {
      for (const int place : step->inputs) {
        if (!read_later[static_cast<size_t>(place)]) step->released.push_back(place);
        read_later[static_cast<size_t>(place)] = true;
      }
    }
  }

  const Network& network_;
  const Graph& graph_;
  int to_;
  at::ScalarType compute_;
  MakeKernel kernel_;
  bool inference_;
  std::unique_ptr<Program> program_;
  std::map<int, int> places_;  // of the values, by node
};

std::unique_ptr<const Program> lower_for_inference(const Network& network, int from, int to,
                                                   at::ScalarType compute,
                                                   device::Kernels kernels) {
  return Lowering(
             network, from, to, compute,
             [&](const ConvolutionStep& step) { return inference_kernel(step, compute, kernels); },
             /*inference=*/true)
      .take();
}

std::unique_ptr<const Program> lower_for_training(const Network& network, int from,
                                                  at::ScalarType compute) {
  return Lowering(
             network, from, network.graph().output(), compute,
             [&](const ConvolutionStep& step) { return training_kernel(step, compute); },
             /*inference=*/false)
      .take();
}

}  // namespace thaw::model
