// The choice of kernels for the frozen part: what a run asks for, else the device's own; and cuDNN,
// which gives back what it cannot do.
#include <unistd.h>

#include <cstdio>

#include "check.h"
#include "cpu_stand_in.h"
#include "disturb.h"
#include "engine/model/kernels/choose.h"
#include "engine/model/kernels/cudnn.h"
#include "engine/train/session.h"
#include "gpu.h"
#include "norms.h"

using namespace thaw;
using device::Kernels;
using model::ConvolutionNorm, model::Network;
using norms::channels_last, norms::distance;

namespace {

ConvolutionNorm drawn_pair(int64_t in, int64_t out, int64_t kernel, int64_t stride) {
  ConvolutionNorm pair{{.name = "conv",
                        .in = in,
                        .out = out,
                        .kernel = kernel,
                        .stride = stride,
                        .padding = kernel / 2},
                       norms::drawn_norm(out)};
  pair.convolution.weight = channels_last(at::randn({out, in, kernel, kernel}));
  return pair;
}

// libtorch's convolution and BatchNorm apart, in float64.
at::Tensor unfolded(const ConvolutionNorm& pair, const at::Tensor& x) {
  const auto wide = [](const at::Tensor& t) { return t.detach().to(at::kDouble); };
  const auto& [c, norm] = pair;
  const at::Tensor y =
      at::conv2d(wide(x), wide(c.weight), {}, {c.stride, c.stride}, {c.padding, c.padding});
  return at::batch_norm(y, wide(norm.weight), wide(norm.bias), wide(norm.running_mean),
                        wide(norm.running_var), false, 0, norm.epsilon, false);
}

// What `work` writes on standard error.
std::string said(const std::function<void()>& work) {
  std::FILE* const file = std::tmpfile();
  std::fflush(stderr);
  const int before = dup(STDERR_FILENO);
  dup2(fileno(file), STDERR_FILENO);
  work();
  std::fflush(stderr);
  dup2(before, STDERR_FILENO);
  close(before);
  std::string text(static_cast<size_t>(std::ftell(file)), '\0');
  std::rewind(file);
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

Network drawn_network(const char* name) {
  return Network(model::find_architecture(name), {96, 96},
                 {{.kind = model::HeadKind::kGlobalAveragePooling, .name = "avg_pool"},
                  {.kind = model::HeadKind::kDense, .name = "predictions", .units = 10}},
                 1);
}

// A device whose own kernels are the plain ones.
class PlainDevice final : public check::CpuStandIn {
 public:
  Kernels default_kernels() const override { return Kernels::kPlain; }
};

}  // namespace

TEST("plain and fused kernels compute convolution and BatchNorm, residual and ReLU") {
  at::NoGradGuard no_grad;
  at::manual_seed(1);
  for (const auto& [kernel, stride] : {std::pair<int64_t, int64_t>{1, 1}, {3, 1}, {3, 2}, {7, 2}}) {
    const ConvolutionNorm pair = drawn_pair(16, 24, kernel, stride);
    const at::Tensor x = channels_last(at::randn({5, 16, 13, 11}));
    const at::Tensor expected = unfolded(pair, x);
    const at::Tensor residual = channels_last(at::randn(expected.sizes()));
    for (const Kernels kernels : {Kernels::kPlain, Kernels::kFused}) {
      const auto made = model::make_frozen_convolution(pair, 13, 11, at::kFloat, kernels);
      CHECK(distance(made->plain(x), expected) < 1e-5);
      CHECK(distance(made->relu(x), expected.relu()) < 1e-5);
      CHECK(distance(made->add_relu(x, residual.clone()), (expected + residual).relu()) < 1e-5);
    }
  }
}

TEST("what cuDNN cannot do it gives back: libtorch's operators go on, after one line for all") {
  at::NoGradGuard no_grad;
  at::manual_seed(2);
  // On the CPU cuDNN can do nothing.
  const ConvolutionNorm first = drawn_pair(8, 8, 3, 1), second = drawn_pair(8, 8, 1, 1);
  const at::Tensor x = channels_last(at::randn({2, 8, 6, 5})), residual = at::randn_like(x);
  const std::string text = said([&] {
    for (const ConvolutionNorm& pair : {first, second}) {
      const auto cudnn = model::make_cudnn_convolution(pair, at::kFloat);
      const auto plain = model::make_frozen_convolution(pair, 6, 5, at::kFloat, Kernels::kPlain);
      for (int time = 0; time < 2; ++time) {
        CHECK(at::equal(cudnn->add_relu(x, residual), plain->add_relu(x, residual)));
        CHECK(at::equal(cudnn->relu(x), plain->relu(x)));
        CHECK(at::equal(cudnn->plain(x), plain->plain(x)));
      }
    }
  });
  CHECK(text.starts_with("thaw: cuDNN's fused kernels are given back"));
  CHECK_EQUAL(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST("a run computes with the kernels that it asks for, else with the device's own") {
  train::Session session;
  session.network =
      std::make_shared<Network>(model::find_architecture("resnet18"), model::InputShape{64, 64},
                                std::vector<model::HeadLayer>{}, 1);
  disturb(*session.network);
  const int units = session.network->head_unit();
  // bfloat16 is rounded between operators, but not within a fused one.
  const at::Tensor x = channels_last(at::randn({2, 3, 64, 64})).to(at::kBFloat16);
  const auto of_part = [&](Kernels kernels) {
    return model::make_frozen_part(*session.network, units, at::kBFloat16, kernels)->forward(x);
  };
  const auto of_run = [&](std::optional<Kernels> wanted) {
    return session.split(units, at::kBFloat16, wanted).frozen->forward(x);
  };
  const auto of_inference = [&](std::optional<Kernels> wanted) {
    return session.inference(at::kBFloat16, wanted).frozen->forward(x);
  };
  const at::Tensor plain = of_part(Kernels::kPlain), fused = of_part(Kernels::kFused);
  const auto cpu = device::make_backend("cpu");
  if (cpu->fast_bfloat16()) CHECK(!at::equal(plain, fused));
  const std::pair<std::shared_ptr<const device::Backend>, at::Tensor> devices[] = {
      {std::make_shared<PlainDevice>(), plain}, {cpu, fused}};
  for (const auto& [backend, own] : devices) {
    session.backend = backend;
    for (const auto& of : {std::function(of_run), std::function(of_inference)}) {
      CHECK(at::equal(of(Kernels::kPlain), plain));
      CHECK(at::equal(of(Kernels::kFused), fused));
      CHECK(at::equal(of({}), own));
    }
  }
}

TEST("on a GPU both kernels give the CPU's features at every boundary") {
  const auto backend = check::gpu();
  if (!backend) return;
  const auto scope = backend->enter();
  at::NoGradGuard no_grad;
  CHECK(backend->default_kernels() == Kernels::kPlain);
  for (const char* name : {"resnet18", "resnet50"}) {
    Network network = drawn_network(name);
    disturb(network);
    const at::Tensor images = channels_last(at::randn({5, 3, 96, 96}));
    for (int units = 1; units <= network.head_unit(); units += 3) {
      // float32 on the CPU says what is right, another device and another order of sums.
      const at::Tensor expected =
          model::make_frozen_part(network, units, at::kFloat, Kernels::kPlain)->forward(images);
      network.to(backend->device());
      const std::pair<at::ScalarType, double> types[] = {{at::kFloat, 1e-4}, {at::kBFloat16, 0.05}};
      for (const auto& [type, tolerance] : types) {
        for (const Kernels kernels : {Kernels::kPlain, Kernels::kFused}) {
          const at::Tensor features = model::make_frozen_part(network, units, type, kernels)
                                          ->forward(images.to(backend->device(), type));
          CHECK(features.scalar_type() == type);
          const at::Tensor error = features.to(at::kCPU, at::kFloat) - expected;
          CHECK(error.norm().item<double>() < tolerance * expected.norm().item<double>());
        }
      }
      network.to(at::kCPU);
    }
  }
}

TEST("on a GPU cuDNN computes fused in bfloat16, and gives nothing back") {
  const auto backend = check::gpu();
  if (!backend) return;
  const auto scope = backend->enter();
  at::NoGradGuard no_grad;
  ConvolutionNorm pair = drawn_pair(64, 64, 3, 1);
  const at::Tensor x = channels_last(at::randn({4, 64, 14, 14}));
  const at::Tensor residual = channels_last(at::randn({4, 64, 14, 14}));
  const at::Tensor expected = unfolded(pair, x);
  const at::Device there = backend->device();
  pair.convolution.weight = pair.convolution.weight.to(there);
  for (at::Tensor* tensor :
       {&pair.norm.weight, &pair.norm.bias, &pair.norm.running_mean, &pair.norm.running_var}) {
    *tensor = tensor->to(there);
  }
  const auto cudnn = model::make_cudnn_convolution(pair, at::kBFloat16);
  const auto send = [&](const at::Tensor& t) { return t.to(there, at::kBFloat16); };
  const at::Tensor fused = cudnn->relu(send(x)), sum = cudnn->add_relu(send(x), send(residual));
  CHECK(distance(fused, expected.relu()) < 0.03);
  CHECK(distance(sum, (expected + residual).relu()) < 0.03);
  // Its own operators, called once more, throw nothing.
  const at::Tensor weight = send(pair.convolution.weight), bias = send(pair.norm.bias);
  at::cudnn_convolution_relu(send(x), weight, bias, {1, 1}, {1, 1}, {1, 1}, 1);
}

TEST_MAIN()
