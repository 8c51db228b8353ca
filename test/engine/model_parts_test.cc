// The frozen part (folded, fused) and the trained part against a plain second derivation of the
// network.
#include <ATen/CPUGeneratorImpl.h>

#include "check.h"
#include "disturb.h"
#include "engine/model/frozen_part.h"
#include "engine/model/trained_part.h"

using namespace thaw;
using device::Kernels;
using model::HeadKind, model::HeadLayer, model::Network;

namespace {

std::vector<HeadLayer> linear(int64_t classes) {
  return {{.kind = HeadKind::kGlobalAveragePooling, .name = "avg_pool"},
          {.kind = HeadKind::kDense, .name = "predictions", .units = classes}};
}

// With `live`, each norm takes its batch's statistics and leaves its running ones alone.
at::Tensor plain_pair(const model::ConvolutionNorm& pair, const at::Tensor& x, bool live) {
  const auto& c = pair.convolution;
  const auto as_x = [&](const at::Tensor& tensor) { return tensor.to(x.scalar_type()); };
  const at::Tensor bias = c.biased ? as_x(c.bias) : at::Tensor();
  const at::Tensor y = at::conv2d(x, as_x(c.weight).contiguous(), bias, {c.stride, c.stride},
                                  {c.padding, c.padding});
  return at::batch_norm(y, as_x(pair.norm.weight), as_x(pair.norm.bias),
                        as_x(pair.norm.running_mean), as_x(pair.norm.running_var), live, 0,
                        pair.norm.epsilon, false);
}

// He et al.'s network as it is written in the paper, without folding, fusing or memory formats.
at::Tensor plain(const Network& network, at::Tensor x, bool live = false) {
  x = at::max_pool2d(plain_pair(network.stem(), x, live).relu(), {3, 3}, {2, 2}, {1, 1});
  for (const model::Block& block : network.blocks()) {
    at::Tensor y = x;
    for (size_t i = 0; i < block.body.size(); ++i) {
      y = plain_pair(block.body[i], y, live);
      if (i + 1 < block.body.size()) y = y.relu();
    }
    x = (y + (block.downsample ? plain_pair(*block.downsample, x, live) : x)).relu();
  }
  const model::Dense& dense = *network.head()[1].dense;
  return at::linear(x.mean({2, 3}), dense.weight.to(x.scalar_type()),
                    dense.bias.to(x.scalar_type()));
}

void set_all(Network& network, bool trainable) {
  for (size_t i = 0; i < network.layers().size(); ++i) network.set_trainable(i, trainable);
}

}  // namespace

TEST("every boundary between frozen and trained gives the plain network's logits") {
  at::NoGradGuard no_grad;
  for (const model::Architecture& architecture :
       {model::find_architecture("resnet18"), model::find_architecture("resnet50"),
        model::find_architecture("resnet50", model::Variant::kKeras)}) {
    Network network(architecture, {64, 64}, linear(7), 1);
    disturb(network);
    const at::Tensor x = at::randn({2, 3, 64, 64});
    const at::Tensor expected = plain(network, x);
    for (int boundary = 0; boundary <= network.head_unit(); boundary += 3) {
      const auto trained = model::make_trained_part(network, boundary, at::kFloat);
      for (const Kernels kernels : {Kernels::kPlain, Kernels::kFused}) {
        const auto frozen = model::make_frozen_part(network, boundary, at::kFloat, kernels);
        const at::Tensor logits =
            trained->forward(frozen->forward(x.contiguous(at::MemoryFormat::ChannelsLast)), {});
        CHECK((logits - expected).abs().max().item<float>() <
              1e-4 * expected.abs().max().item<float>());
      }
    }
  }
}

TEST("the frozen part's shape is foretold, and an image's features do not depend on its company") {
  at::NoGradGuard no_grad;
  at::manual_seed(5);
  for (const auto& [name, compute, kernels] : {std::tuple{"resnet50", at::kFloat, Kernels::kFused},
                                               {"resnet50", at::kBFloat16, Kernels::kFused},
                                               {"resnet18", at::kFloat, Kernels::kPlain}}) {
    Network network(model::find_architecture(name), {64, 96}, linear(7), 1);
    disturb(network);
    const at::Tensor x =
        at::randn({19, 3, 64, 96}).to(compute).contiguous(at::MemoryFormat::ChannelsLast);
    for (const int units : {1, 4, network.head_unit() - 1, network.head_unit()}) {
      const auto frozen = model::make_frozen_part(network, units, compute, kernels);
      for (const int64_t batch : {1, 4, 12, 32}) {
        const at::Tensor all = frozen->forward(x, batch);
        CHECK_EQUAL(all.sizes().slice(1), at::IntArrayRef(model::feature_shape(network, units)));
        CHECK(all.scalar_type() == compute);
        for (const auto& [first, count] : {std::pair{0, 1}, {3, 16}, {8, 8}, {17, 2}, {5, 9}}) {
          CHECK(at::equal(frozen->forward(x.narrow(0, first, count), batch),
                          all.narrow(0, first, count)));
        }
      }
    }
  }
}

TEST("a frozen BatchNorm among trained layers keeps its buffers, a live one changes them") {
  Network network(model::find_architecture("resnet18"), {64, 64}, linear(3), 1);
  disturb(network);
  set_all(network, false);
  for (size_t i = 0; i < network.layers().size(); ++i) {
    if (network.layers()[i].torch_name == "layer4.1.conv1" ||
        network.layers()[i].torch_name == "layer4.1.bn2") {
      network.set_trainable(i, true);
    }
  }
  const StateDict before = network.state();
  const auto trained = model::make_trained_part(network, network.first_trained_unit(), at::kFloat);
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
  Network network(model::find_architecture("resnet50", model::Variant::kKeras), {64, 64}, linear(5),
                  1);
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
  const std::vector<at::Tensor> expected = gradients(plain(network, x.to(at::kDouble)));
  const auto trained = model::make_trained_part(network, 0, at::kFloat);
  const std::vector<at::Tensor> found =
      gradients(trained->forward(x.contiguous(at::MemoryFormat::ChannelsLast), {.training = true}));
  for (size_t i = 0; i < parameters.size(); ++i) {
    CHECK(((found[i] - expected[i]).norm() / expected[i].norm()).item<double>() < 0.02);
  }
}

TEST("everything trained: logits and gradients are the plain network's") {
  Network network(model::find_architecture("resnet50"), {64, 64}, linear(5), 1);
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
  const at::Tensor expected = plain(network, x.to(at::kDouble), /*live=*/true);
  const std::vector<at::Tensor> exact = gradients(expected);
  const std::vector<at::Tensor> rounded = gradients(plain(network, x, /*live=*/true));
  const auto trained = model::make_trained_part(network, 0, at::kFloat);
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
  network.head()[2].dense->weight.fill_(1);
  const auto trained = model::make_trained_part(network, network.head_unit(), at::kFloat);
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
  network.head()[1].dense->weight.zero_();
  network.head()[1].dense->weight[0][(1 * 2 + 0) * 512 + 7] = 1;  // row 1, column 0, channel 7
  const at::Tensor features = at::randn({1, 512, 2, 2});
  const auto trained = model::make_trained_part(network, network.head_unit(), at::kFloat);
  CHECK_EQUAL(trained->forward(features, {}).item<float>(), features[0][7][1][0].item<float>());
}

TEST_MAIN()
