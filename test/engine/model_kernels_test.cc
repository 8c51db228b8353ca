// The choice of kernels for the frozen part: what a run asks for, else the device's own; and cuDNN,
// which gives back what it cannot do.
#include <unistd.h>

#include <cstdio>

#include "check.h"
#include "cpu_stand_in.h"
#include "disturb.h"
#include "engine/model/kernels/choose.h"
#include "engine/model/kernels/cudnn.h"
#include "engine/session/session.h"
#include "gpu.h"
#include "norms.h"

using namespace thaw;
using device::Kernels;
using model::ConvolutionStep, model::Network;
using norms::channels_last, norms::distance;

namespace {

ConvolutionStep drawn_step(int64_t in, int64_t out, int64_t kernel, int64_t stride,
                           int64_t groups = 1) {
  return {.convolution = {.stride = stride,
                          .padding = kernel / 2,
                          .groups = groups,
                          .weight = channels_last(at::randn({out, in / groups, kernel, kernel}))},
          .norm = norms::drawn_norm(out),
          .input = {in, 13, 11}};
}

ConvolutionStep with_relu(ConvolutionStep step) {
  step.relu = true;
  return step;
}

// libtorch's convolution and BatchNorm apart, in float64.
at::Tensor unfolded(const ConvolutionStep& step, const at::Tensor& x) {
  const auto wide = [](const at::Tensor& t) {
    return t.defined() ? t.detach().to(at::kDouble) : t;
  };
  const model::Convolution& c = step.convolution;
  const at::Tensor y = at::conv2d(wide(x), wide(c.weight), wide(c.bias), {c.stride, c.stride},
                                  {c.padding, c.padding}, {1, 1}, c.groups);
  if (!step.norm) return y;
  const model::BatchNorm& norm = *step.norm;
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
  ConvolutionStep biased = drawn_step(16, 24, 3, 1), alone = drawn_step(16, 24, 3, 1);
  biased.convolution.bias = at::randn({24});
  alone.norm.reset();
  for (const ConvolutionStep& step :
       {drawn_step(16, 24, 1, 1), drawn_step(16, 24, 3, 1), drawn_step(16, 24, 3, 2),
        drawn_step(16, 24, 7, 2), drawn_step(16, 24, 3, 1, /*groups=*/4), biased, alone}) {
    const at::Tensor x = channels_last(at::randn({5, 16, 13, 11}));
    const at::Tensor expected = unfolded(step, x);
    const at::Tensor residual = channels_last(at::randn(expected.sizes()));
    for (const Kernels kernels : {Kernels::kPlain, Kernels::kFused}) {
      const auto linear = model::inference_kernel(step, at::kFloat, kernels);
      const auto relu = model::inference_kernel(with_relu(step), at::kFloat, kernels);
      CHECK(distance((*linear)(x, {}, {}), expected) < 1e-5);
      CHECK(distance((*relu)(x, {}, {}), expected.relu()) < 1e-5);
      CHECK(distance((*relu)(x, residual.clone(), {}), (expected + residual).relu()) < 1e-5);
    }
  }
}

TEST("what cuDNN cannot do it gives back: libtorch's operators go on, after one line for all") {
  at::NoGradGuard no_grad;
  at::manual_seed(2);
  // On the CPU cuDNN can do nothing.
  const ConvolutionStep first = with_relu(drawn_step(8, 8, 3, 1)),
                        second = with_relu(drawn_step(8, 8, 1, 1));
  const at::Tensor x = channels_last(at::randn({2, 8, 6, 5})), residual = at::randn_like(x);
  const std::string text = said([&] {
    for (const ConvolutionStep& step : {first, second}) {
      const auto cudnn = model::cudnn_kernel(step, at::kFloat);
      const auto plain = model::inference_kernel(step, at::kFloat, Kernels::kPlain);
      for (int time = 0; time < 2; ++time) {
        CHECK(at::equal((*cudnn)(x, residual, {}), (*plain)(x, residual, {})));
        CHECK(at::equal((*cudnn)(x, {}, {}), (*plain)(x, {}, {})));
      }
    }
  });
  CHECK(text.starts_with("thaw: cuDNN's fused kernels are given back"));
  CHECK_EQUAL(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST("a run computes with the kernels that it asks for, else with the device's own") {
  session::Session session;
  session.network =
      std::make_shared<Network>(model::find_architecture("resnet18"), model::InputShape{64, 64},
                                std::vector<model::HeadLayer>{}, 1);
  disturb(*session.network);
  const int boundary = session.network->backbone_boundary();
  // bfloat16 is rounded between operators, but not within a fused one.
  const at::Tensor x = channels_last(at::randn({2, 3, 64, 64})).to(at::kBFloat16);
  const auto of_part = [&](Kernels kernels) {
    return model::FrozenPart(*session.network, boundary, at::kBFloat16, kernels).forward(x);
  };
  const auto of_run = [&](std::optional<Kernels> wanted) {
    return session.split(boundary, at::kBFloat16, wanted).frozen->forward(x);
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
    for (const int boundary : network.graph().cuts()) {
      if (boundary == 0 || boundary == network.graph().output()) continue;
      // float32 on the CPU says what is right, another device and another order of sums.
      const at::Tensor expected =
          model::FrozenPart(network, boundary, at::kFloat, Kernels::kPlain).forward(images);
      network.to(backend->device());
      const std::pair<at::ScalarType, double> types[] = {{at::kFloat, 1e-4}, {at::kBFloat16, 0.05}};
      for (const auto& [type, tolerance] : types) {
        for (const Kernels kernels : {Kernels::kPlain, Kernels::kFused}) {
          const at::Tensor features = model::FrozenPart(network, boundary, type, kernels)
                                          .forward(images.to(backend->device(), type));
          CHECK(features.scalar_type() == type);
          const at::Tensor error = features.to(at::kCPU, at::kFloat) - expected;
          CHECK(error.norm().item<double>() < tolerance * expected.norm().item<double>());
        }
      }
      network.to(at::kCPU);
    }
  }
}

TEST("on a GPU cuDNN computes a convolution with its ReLU and its sum in bfloat16") {
  const auto backend = check::gpu();
  if (!backend) return;
  const auto scope = backend->enter();
  at::NoGradGuard no_grad;
  ConvolutionStep step = with_relu(drawn_step(64, 64, 3, 1));
  const at::Tensor x = channels_last(at::randn({4, 64, 14, 14}));
  const at::Tensor residual = channels_last(at::randn({4, 64, 14, 14}));
  const at::Tensor expected = unfolded(step, x);
  const at::Device there = backend->device();
  step.convolution.weight = step.convolution.weight.to(there);
  for (at::Tensor* tensor :
       {&step.norm->weight, &step.norm->bias, &step.norm->running_mean, &step.norm->running_var}) {
    *tensor = tensor->to(there);
  }
  const auto cudnn = model::cudnn_kernel(step, at::kBFloat16);
  const auto send = [&](const at::Tensor& t) { return t.to(there, at::kBFloat16); };
  const at::Tensor fused = (*cudnn)(send(x), {}, {}), sum = (*cudnn)(send(x), send(residual), {});
  CHECK(distance(fused, expected.relu()) < 0.03);
  CHECK(distance(sum, (expected + residual).relu()) < 0.03);
  // Its own operators, called once more, throw nothing.
  const at::Tensor weight = send(step.convolution.weight), bias = send(step.norm->bias);
  at::cudnn_convolution_relu(send(x), weight, bias, {1, 1}, {1, 1}, {1, 1}, 1);
}

TEST_MAIN()
