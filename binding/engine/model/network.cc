#include "engine/model/network.h"

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>

#include "engine/error.h"
#include "engine/model/layer_table.h"

namespace thaw::model {
namespace {

// keras.applications' ResNet and Keras' BatchNormalization; torchvision's are the defaults.
constexpr double kKerasEpsilon = 1.001e-5, kKerasMomentum = 0.01;

ConvolutionNorm make_pair(const Architecture& architecture, const std::string& convolution,
                          const std::string& norm, int64_t in, int64_t out, int64_t kernel,
                          int64_t stride) {
  const bool keras = architecture.variant == Variant::kKeras;
  ConvolutionNorm pair{{.name = convolution,
                        .in = in,
                        .out = out,
                        .kernel = kernel,
                        .stride = stride,
                        .padding = kernel / 2,
                        .biased = keras},
                       {.name = norm, .channels = out}};
  if (keras) {
    pair.norm.epsilon = kKerasEpsilon;
    pair.norm.momentum = kKerasMomentum;
  }
  return pair;
}

Block make_block(const Architecture& architecture, const std::string& name, int64_t in,
                 int64_t width, int64_t stride) {
  const int64_t out = width * architecture.expansion();
  Block block{.name = name, .body = {}, .downsample = {}};
  const auto part = [&](int number, int64_t from, int64_t to, int64_t kernel, int64_t step) {
    const std::string n = std::to_string(number);
    block.body.push_back(
        make_pair(architecture, name + ".conv" + n, name + ".bn" + n, from, to, kernel, step));
  };
  if (architecture.bottleneck) {
    const bool first = architecture.variant == Variant::kKeras;
    part(1, in, width, 1, first ? stride : 1);
    part(2, width, width, 3, first ? 1 : stride);
    part(3, width, out, 1, 1);
  } else {
    part(1, in, width, 3, stride);
    part(2, width, out, 3, 1);
  }
  if (stride != 1 || in != out) {
    block.downsample =
        make_pair(architecture, name + ".downsample.0", name + ".downsample.1", in, out, 1, stride);
  }
  return block;
}

void initialise(Convolution& module, const at::Generator& generator) {
  const int64_t area = module.kernel * module.kernel;
  at::Tensor weight = at::empty({module.out, module.in, module.kernel, module.kernel});
  if (module.biased) {
    // Keras' default: Glorot uniform, zero biases.
    const double limit = std::sqrt(6.0 / static_cast<double>((module.in + module.out) * area));
    weight.uniform_(-limit, limit, generator);
    module.bias = at::zeros({module.out});
  } else {
    // He et al., "Delving Deep into Rectifiers", with the fan out, as torchvision's ResNet.
    weight.normal_(0, std::sqrt(2.0 / static_cast<double>(module.out * area)), generator);
  }
  module.weight = weight.contiguous(at::MemoryFormat::ChannelsLast);
}

void initialise(BatchNorm& module) {
  module.weight = at::ones({module.channels});
  module.bias = at::zeros({module.channels});
  module.running_mean = at::zeros({module.channels});
  module.running_var = at::ones({module.channels});
  module.batches_tracked = at::zeros({}, at::kLong);
}

void initialise(Dense& module, Initializer initializer, const at::Generator& generator) {
  const bool keras = initializer == Initializer::kKeras;
  const auto in = static_cast<double>(module.in), out = static_cast<double>(module.out);
  const double limit = keras ? std::sqrt(6.0 / (in + out)) : 1.0 / std::sqrt(in);
  module.weight = at::empty({module.out, module.in}).uniform_(-limit, limit, generator);
  module.bias = at::zeros({module.out});
  if (!keras) module.bias.uniform_(-limit, limit, generator);
}

void initialise(ConvolutionNorm& pair, const at::Generator& generator) {
  initialise(pair.convolution, generator);
  initialise(pair.norm);
}

void place(at::Tensor& tensor, at::Device device) {
  const bool trained = tensor.requires_grad();
  tensor = tensor.detach().to(device).set_requires_grad(trained);
}

}  // namespace

Network::Network(const Architecture& architecture, InputShape input,
                 const std::vector<HeadLayer>& head, uint64_t seed, Initializer initializer)
    : architecture_(architecture), input_(input) {
  if (input.height < 32 || input.width < 32) {
    fail("ERR_INVALID_ARGUMENT",
         "Expected an input of at least 32 x 32 pixels for inputShape but received ", input.height,
         " x ", input.width, ".");
  }
  at::Generator generator = at::detail::createCPUGenerator(seed);
  stem_ = make_pair(architecture, "conv1", "bn1", 3, 64, 7, 2);
  initialise(stem_, generator);
  int64_t channels = 64;
  for (int stage = 0; stage < 4; ++stage) {
    const int64_t width = int64_t{64} << stage;
    for (int64_t index = 0; index < architecture.depths[stage]; ++index) {
      const std::string name = "layer" + std::to_string(stage + 1) + "." + std::to_string(index);
      Block block =
          make_block(architecture, name, channels, width, stage > 0 && index == 0 ? 2 : 1);
      for (ConvolutionNorm& pair : block.body) initialise(pair, generator);
      if (block.downsample) initialise(*block.downsample, generator);
      channels = width * architecture.expansion();
      blocks_.push_back(std::move(block));
    }
  }
  build_head(head, seed + 1, initializer);
}

void Network::replace_head(const std::vector<HeadLayer>& head, uint64_t seed,
                           Initializer initializer) {
  const at::Device before = device();
  build_head(head, seed, initializer);
  to(before);
}

void Network::build_head(const std::vector<HeadLayer>& head, uint64_t seed,
                         Initializer initializer) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  // torchvision's own head keeps torchvision's name, so that its files and ours are
  // interchangeable.
  const bool linear = head.size() == 2 && head[0].kind == HeadKind::kGlobalAveragePooling &&
                      head[1].kind == HeadKind::kDense;
  int64_t height = input_.height, width = input_.width;
  for (int halving = 0; halving < 5; ++halving) {
    height = convolved(height, 3, 2, 1);
    width = convolved(width, 3, 2, 1);
  }
  int64_t features = architecture_.features();
  bool spatial = true;
  std::vector<HeadModule> modules;
  for (size_t i = 0; i < head.size(); ++i) {
    HeadModule module{.layer = head[i], .dense = {}, .norm = {}};
    const std::string name = linear ? "fc" : "head." + std::to_string(i);
    switch (head[i].kind) {
      case HeadKind::kGlobalAveragePooling:
      case HeadKind::kFlatten:
        if (!spatial) {
          fail("ERR_INVALID_ARGUMENT", "The head's layer '", head[i].name,
               "' needs a feature map, but a layer "
               "before it has already made a vector of it.");
        }
        if (head[i].kind == HeadKind::kFlatten) features *= height * width;
        spatial = false;
        break;
      case HeadKind::kDense:
        if (spatial) {
          fail("ERR_INVALID_ARGUMENT", "The head's dense layer '", head[i].name,
               "' needs globalAveragePooling() or flatten() before it.");
        }
        module.dense = Dense{.name = name, .in = features, .out = head[i].units};
        initialise(*module.dense, initializer, generator);
        features = head[i].units;
        break;
      case HeadKind::kBatchNormalization:
        module.norm = BatchNorm{.name = name,
                                .channels = features,
                                .epsilon = head[i].epsilon,
                                .momentum = 1 - head[i].momentum};
        initialise(*module.norm);
        break;
      case HeadKind::kDropout:
        break;
    }
    modules.push_back(std::move(module));
  }
  if (!head.empty() && head.back().kind != HeadKind::kDense) {
    fail("ERR_INVALID_ARGUMENT", "The head must end with a dense layer, not with '",
         head.back().name, "'.");
  }
  head_ = std::move(modules);
  LayerTable table = make_layer_table(input_, stem_, blocks_, head_);
  layers_ = std::move(table.layers);
  module_flags_ = std::move(table.module_flags);
  for (size_t i = 0; i < layers_.size(); ++i) set_trainable(i, layers_[i].trainable);
}

int64_t Network::outputs() const { return head_.empty() ? 0 : head_.back().dense->out; }

Activation Network::final_activation() const {
  return head_.empty() ? Activation::kLinear : head_.back().layer.activation;
}

void Network::set_trainable(size_t layer, bool trainable) {
  layers_.at(layer).trainable = trainable;
  if (bool* flag = module_flags_.at(layer)) {
    *flag = trainable;
    for (const Named& named : named_tensors()) {
      if (!named.buffer) named.tensor->set_requires_grad(named.trainable);
    }
  }
  touch();
}

int Network::first_trained_unit() const {
  for (size_t i = 0; i < layers_.size(); ++i) {
    if (layers_[i].trainable && module_flags_[i]) return layers_[i].unit;
  }
  return head_unit() + 1;
}

std::vector<Network::Named> Network::named_tensors() {
  std::vector<Named> all;
  bool head = false;
  const auto add = [&](const std::string& module, const char* field, at::Tensor& tensor,
                       bool buffer, bool trainable) {
    all.push_back({module + "." + field, &tensor, buffer, trainable, head});
  };
  const auto add_norm = [&](BatchNorm& norm) {
    add(norm.name, "weight", norm.weight, false, norm.trainable);
    add(norm.name, "bias", norm.bias, false, norm.trainable);
    add(norm.name, "running_mean", norm.running_mean, true, norm.trainable);
    add(norm.name, "running_var", norm.running_var, true, norm.trainable);
    add(norm.name, "num_batches_tracked", norm.batches_tracked, true, norm.trainable);
  };
  const auto add_pair = [&](ConvolutionNorm& pair) {
    Convolution& convolution = pair.convolution;
    add(convolution.name, "weight", convolution.weight, false, convolution.trainable);
    if (convolution.biased)
      add(convolution.name, "bias", convolution.bias, false, convolution.trainable);
    add_norm(pair.norm);
  };
  add_pair(stem_);
  for (Block& block : blocks_) {
    for (ConvolutionNorm& pair : block.body) add_pair(pair);
    if (block.downsample) add_pair(*block.downsample);
  }
  head = true;
  for (HeadModule& module : head_) {
    if (module.dense) {
      add(module.dense->name, "weight", module.dense->weight, false, module.dense->trainable);
      add(module.dense->name, "bias", module.dense->bias, false, module.dense->trainable);
    }
    if (module.norm) add_norm(*module.norm);
  }
  return all;
}

StateDict Network::state() const {
  StateDict state;
  // named_tensors() hands out mutable places; nothing is written through them here.
  for (const Named& named : const_cast<Network*>(this)->named_tensors()) {
    state.emplace_back(named.name,
                       named.tensor->detach().to(at::kCPU).clone(at::MemoryFormat::Contiguous));
  }
  return state;
}

void Network::to(at::Device device) {
  for (const Named& named : named_tensors()) place(*named.tensor, device);
  touch();
}

}  // namespace thaw::model
