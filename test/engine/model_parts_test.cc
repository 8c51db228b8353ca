// The frozen part (folded, fused) and the trained part against a plain second derivation of the
// network.
#include <ATen/CPUGeneratorImpl.h>

#include "check.h"
#include "disturb.h"
#include "engine/model/frozen_part.h"

using namespace thaw;
using device::Kernels;
using model::HeadKind, model::HeadLayer, model::Network;

namespace {

std::vector<HeadLayer> linear(int64_t classes) {
  return {{.kind = HeadKind::kGlobalAveragePooling, .name = "avg_pool"},
          {.kind = HeadKind::kDense, .name = "predictions", .units = classes}};
}

// A residual network as its paper has it.
struct Paper {
  const char* name;
  model::Variant variant;
  std::vector<int> depths;
  int convolutions;  // a block
  int64_t groups = 1;
};
const Paper kResNet18{"resnet18", model::Variant::kTorchvision, {2, 2, 2, 2}, 2};
const Paper kResNet50{"resnet50", model::Variant::kTorchvision, {3, 4, 6, 3}, 3};
const Paper kKerasResNet50{"resnet50", model::Variant::kKeras, {3, 4, 6, 3}, 3};
const Paper kResNext50{"resnext50_32x4d", model::Variant::kTorchvision, {3, 4, 6, 3}, 3, 32};

Network make(const Paper& paper, model::InputShape input, int64_t classes) {
  return Network(model::find_architecture(paper.name, paper.variant), input, linear(classes), 1);
}

// As it is written in the paper, without folding, fusing or memory formats. With `live`, each norm
// takes its batch's statistics and leaves its running ones alone.
at::Tensor plain(const Paper& paper, const Network& network, at::Tensor x, bool live = false) {
  const auto tensor = [&](const std::string& name) {
    return network.weights().at(name).to(x.scalar_type());
  };
  const bool keras = paper.variant == model::Variant::kKeras;
  const auto pair = [&](const std::string& convolution, const std::string& norm,
                        const at::Tensor& in, int64_t kernel, int64_t stride, int64_t groups = 1) {
    const at::Tensor bias = keras ? tensor(convolution + ".bias") : at::Tensor();
    const at::Tensor y = at::conv2d(in, tensor(convolution + ".weight").contiguous(), bias,
                                    {stride, stride}, {kernel / 2, kernel / 2}, {1, 1}, groups);
    return at::batch_norm(y, tensor(norm + ".weight"), tensor(norm + ".bias"),
                          tensor(norm + ".running_mean"), tensor(norm + ".running_var"), live, 0,
                          keras ? 1.001e-5 : 1e-5, false);
  };
  x = at::max_pool2d(pair("conv1", "bn1", x, 7, 2).relu(), {3, 3}, {2, 2}, {1, 1});
  for (int stage = 1; stage <= 4; ++stage) {
    for (int index = 0; index < paper.depths[static_cast<size_t>(stage - 1)]; ++index) {
      const std::string name = "layer" + std::to_string(stage) + "." + std::to_string(index);
      const int64_t stride = stage > 1 && index == 0 ? 2 : 1;
      const int strided = paper.convolutions == 3 && !keras ? 2 : 1;
      at::Tensor y = x;
      for (int n = 1; n <= paper.convolutions; ++n) {
        const std::string number = std::to_string(n);
        const int64_t kernel = paper.convolutions == 3 && n != 2 ? 1 : 3;
        y = pair(name + ".conv" + number, name + ".bn" + number, y, kernel,
                 n == strided ? stride : 1, n == 2 ? paper.groups : 1);
        if (n < paper.convolutions) y = y.relu();
      }
      const bool projected = index == 0 && (stage > 1 || paper.convolutions == 3);
      if (projected) x = pair(name + ".downsample.0", name + ".downsample.1", x, 1, stride);
      x = (y + x).relu();
    }
  }
  return at::linear(x.mean({2, 3}), tensor("fc.weight"), tensor("fc.bias"));
}

void set_all(Network& network, bool trainable) {
  for (size_t i = 0; i < network.layers().size(); ++i) network.set_trainable(i, trainable);
}

}  // namespace

TEST("every cut between frozen and trained gives the plain network's logits") {
  at::NoGradGuard no_grad;
  for (const Paper& paper : {kResNet18, kResNet50, kKerasResNet50, kResNext50}) {
    Network network = make(paper, {64, 64}, 7);
    disturb(network);
    const at::Tensor x = at::randn({2, 3, 64, 64});
    const at::Tensor expected = plain(paper, network, x);
    const std::vector<int> cuts = network.graph().cuts();
    CHECK(cuts.size() > 10);
    for (size_t i = 0; i < cuts.size(); i += 7) {
      if (cuts[i] == network.graph().output()) continue;
      const auto trained = model::lower_for_training(network, cuts[i], at::kFloat);
      for (const Kernels kernels : {Kernels::kPlain, Kernels::kFused}) {
        const model::FrozenPart frozen(network, cuts[i], at::kFloat, kernels);
        const at::Tensor logits =
            trained->forward(frozen.forward(x.contiguous(at::MemoryFormat::ChannelsLast)));
        CHECK((logits - expected).abs().max().item<float>() <
              1e-4 * expected.abs().max().item<float>());
      }
    }
  }
}

TEST("the frozen part's shape is foretold, and an image's features do not depend on its company") {
  at::NoGradGuard no_grad;
  at::manual_seed(5);
  for (const auto& [compute, kernels] : {std::pair{at::kFloat, Kernels::kFused},
                                         {at::kBFloat16, Kernels::kFused},
                                         {at::kFloat, Kernels::kPlain}}) {
    Network network = make(kResNet50, {64, 96}, 7);
    disturb(network);
    const at::Tensor x =
        at::randn({19, 3, 64, 96}).to(compute).contiguous(at::MemoryFormat::ChannelsLast);
    const std::vector<int> cuts = network.graph().cuts();
    for (const int boundary :
         {cuts[1], cuts[cuts.size() / 2], network.backbone_boundary(), cuts[cuts.size() - 4]}) {
      const model::FrozenPart frozen(network, boundary, compute, kernels);
      for (const int64_t batch : {1, 4, 12, 32}) {
        const at::Tensor all = frozen.forward(x, batch);
        CHECK_EQUAL(all.sizes().slice(1), at::IntArrayRef(network.graph().at(boundary).shape));
        CHECK(all.scalar_type() == compute);
        for (const auto& [first, count] : {std::pair{0, 1}, {3, 16}, {8, 8}, {17, 2}, {5, 9}}) {
          CHECK(at::equal(frozen.forward(x.narrow(0, first, count), batch),
                          all.narrow(0, first, count)));
        }
      }
    }
  }
}

TEST("a frozen BatchNorm among trained layers keeps its buffers, a live one changes them") {
  Network network = make(kResNet18, {64, 64}, 3);
  disturb(network);
  set_all(network, false);
  for (size_t i = 0; i < network.layers().size(); ++i) {
    if (network.layers()[i].torch_name == "layer4.1.conv1" ||
        network.layers()[i].torch_name == "layer4.1.bn2") {
      network.set_trainable(i, true);
    }
  }
  const StateDict before = network.state();
  const auto trained = model::lower_for_training(network, network.boundary(), at::kFloat);
  const at::Tensor features = at::randn({4, 512, 2, 2}).contiguous(at::MemoryFormat::ChannelsLast);
  trained->forward(features, {.training = true}).sum().backward();
  const StateDict after = network.state();
  for (size_t i = 0; i < before.size(); ++i) {
    const std::string& name = before[i].first;
    const bool buffer = name.find("running") != std::string::npos || name.ends_with("tracked");
    CHECK_EQUAL(at::equal(before[i].second, after[i].second),
                !(buffer && name.starts_with("layer4.1.bn2")));
  }
  for (const Network::Named& named : network.named_tensors()) {
    CHECK_EQUAL(named.tensor->grad().defined(), !named.buffer && named.trainable);
  }
}

TEST(
    "convolutions before frozen BatchNorms: the gradients of weights and biases are the plain "
    "network's") {
  Network network = make(kKerasResNet50, {64, 64}, 5);
  disturb(network);
  for (size_t i = 0; i < network.layers().size(); ++i)
    network.set_trainable(i, network.layers()[i].type == "Conv2D");
  const at::Tensor x = at::randn({2, 3, 64, 64}), weights = at::randn({2, 5});
  std::vector<at::Tensor> parameters;
  for (const Network::Named& named : network.named_tensors()) {
    if (!named.buffer && named.trainable) parameters.push_back(*named.tensor);
  }
  CHECK_EQUAL(parameters.size(), 2 * 53u);
  const auto gradients = [&](const at::Tensor& logits) {
    return torch::autograd::grad({(logits * weights).sum()}, parameters);
  };
  const std::vector<at::Tensor> expected =
      gradients(plain(kKerasResNet50, network, x.to(at::kDouble)));
  const auto trained = model::lower_for_training(network, 0, at::kFloat);
  const std::vector<at::Tensor> found =
      gradients(trained->forward(x.contiguous(at::MemoryFormat::ChannelsLast), {.training = true}));
  for (size_t i = 0; i < parameters.size(); ++i) {
    CHECK(((found[i] - expected[i]).norm() / expected[i].norm()).item<double>() < 0.02);
  }
}

TEST("everything trained: logits and gradients are the plain network's") {
  Network network = make(kResNet50, {64, 64}, 5);
  disturb(network);
  set_all(network, true);
  const at::Tensor x = at::randn({4, 3, 64, 64}), weights = at::randn({4, 5});
  std::vector<at::Tensor> parameters;
  for (const Network::Named& named : network.named_tensors()) {
    if (!named.buffer) parameters.push_back(named.tensor->requires_grad_());
  }
  const auto gradients = [&](const at::Tensor& logits) {
    return torch::autograd::grad({(logits * weights).sum()}, parameters);
  };
  const at::Tensor expected = plain(kResNet50, network, x.to(at::kDouble), /*live=*/true);
  const std::vector<at::Tensor> exact = gradients(expected);
  const std::vector<at::Tensor> rounded = gradients(plain(kResNet50, network, x, /*live=*/true));
  const auto trained = model::lower_for_training(network, 0, at::kFloat);
  const at::Tensor logits =
      trained->forward(x.contiguous(at::MemoryFormat::ChannelsLast), {.training = true});
  const std::vector<at::Tensor> found = gradients(logits);
  CHECK((logits - expected).abs().max().item<double>() <
        1e-3 * expected.abs().max().item<double>());
  // With 16 values a channel in layer4, rounding turns some ReLUs over: the plain network in
  // float32 shows how far that carries.
  const auto distance = [&](const at::Tensor& gradient, size_t i) {
    return ((gradient - exact[i]).norm() / exact[i].norm()).item<double>();
  };
  double of_rounding = 0, sum_found = 0, sum_rounded = 0;
  for (size_t i = 0; i < parameters.size(); ++i) {
    of_rounding = std::max(of_rounding, distance(rounded[i], i));
    sum_rounded += distance(rounded[i], i);
    sum_found += distance(found[i], i);
  }
  CHECK(of_rounding < 0.1);
  CHECK(sum_found < 1.5 * sum_rounded);
  for (size_t i = 0; i < parameters.size(); ++i) CHECK(distance(found[i], i) < 2 * of_rounding);
}

TEST("dropout zeroes its share while training only, and repeats with its generator's seed") {
  const std::vector<HeadLayer> head = {{.kind = HeadKind::kFlatten, .name = "flatten"},
                                       {.kind = HeadKind::kDropout, .name = "dropout", .rate = 0.5},
                                       {.kind = HeadKind::kDense, .name = "dense", .units = 1}};
  Network network(model::find_architecture("resnet18"), {32, 32}, head, 1);
  at::NoGradGuard no_grad;
  network.weights().at("head.2.weight").fill_(1);
  const auto trained = model::lower_for_training(network, network.backbone_boundary(), at::kFloat);
  const at::Tensor features = at::ones({400, 512, 1, 1}).contiguous(at::MemoryFormat::ChannelsLast);
  CHECK(trained->forward(features, {}).eq(512).all().item<bool>());
  at::Generator generator = at::detail::createCPUGenerator(9);
  const at::Tensor once = trained->forward(features, {.training = true, .generator = generator});
  generator.set_current_seed(9);
  CHECK(at::equal(once, trained->forward(features, {.training = true, .generator = generator})));
  CHECK(std::abs(once.mean().item<float>() - 512) <
        5);  // scaled by 1 / (1 - rate); 5 is over 4 deviations
  CHECK(once.std().item<float>() > 10);
}

TEST("flatten keeps Keras' order: height, width, channels") {
  const std::vector<HeadLayer> head = {{.kind = HeadKind::kFlatten, .name = "flatten"},
                                       {.kind = HeadKind::kDense, .name = "dense", .units = 1}};
  Network network(model::find_architecture("resnet18"), {64, 64}, head, 1);
  at::NoGradGuard no_grad;
  network.weights().at("head.1.weight").zero_();
  network.weights().at("head.1.weight")[0][(1 * 2 + 0) * 512 + 7] =
      1;  // row 1, column 0, channel 7
  const at::Tensor features = at::randn({1, 512, 2, 2});
  const auto trained = model::lower_for_training(network, network.backbone_boundary(), at::kFloat);
  CHECK_EQUAL(trained->forward(features, {}).item<float>(), features[0][7][1][0].item<float>());
}

TEST_MAIN()
