// The kernels for CUDA devices, run on the processor, against the arithmetic for the CPU; on a GPU
// the same through can_fuse_norm().
#include <bit>

#include "check.h"
#include "emulated_kernels.h"
#include "engine/device/nvrtc.h"
#include "engine/model/fused_convolution.h"
#include "engine/model/norm/arithmetic.h"
#include "engine/model/norm/channel_kernels_source.h"
#include "engine/model/norm/check.h"
#include "engine/model/norm/fused_norm.h"
#include "gpu.h"
#include "norms.h"

using namespace thaw;
using model::BatchNorm;
using model::NormArithmetic;
using norms::channels_last, norms::distance, norms::drawn_norm;

namespace {

struct Outcome {
  NormArithmetic::Normalised forward;
  NormArithmetic::Gradients backward;
  at::Tensor running_mean, running_var;
};

Outcome outcome(const NormArithmetic& arithmetic, const at::Tensor& x, const at::Tensor& residual,
                const at::Tensor& gradient, const BatchNorm& of, bool relu) {
  BatchNorm norm = of;
  norm.running_mean = of.running_mean.clone(), norm.running_var = of.running_var.clone();
  auto forward = arithmetic.forward(x, norm, relu, residual);
  auto backward = arithmetic.backward(gradient, x, residual.defined() ? forward.y : at::Tensor(),
                                      forward.statistics, norm.bias, relu, /*of_x=*/true);
  return {forward, backward, norm.running_mean, norm.running_var};
}

// Blocks of 8 to 256 rows, one and several blocks of channels, one and several stretches of rows,
// the last one shorter, fewer rows than a block has.
const std::vector<std::vector<int64_t>> kShapes = {
    {2, 8, 3, 3}, {1, 24, 7, 7}, {3, 64, 30, 29}, {2, 256, 9, 8}, {40, 512, 1, 1}, {2, 2048, 2, 2}};

}  // namespace

TEST("the kernels compute what the processor's loops compute") {
  at::manual_seed(1);
  const auto on_cpu = model::make_cpu_norm();
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    for (const unsigned multiprocessors : {1u, 7u}) {
      const auto emulated = model::make_kernel_norm(
          check::cuda::emulated_kernels(type == at::kBFloat16, multiprocessors));
      for (const auto& shape : kShapes) {
        for (const auto& [relu, with] : {std::pair{false, false}, {true, false}, {true, true}}) {
          const auto draw = [&] { return channels_last(at::randn(shape) * 2 + 3).to(type); };
          const at::Tensor x = draw(), gradient = draw();
          const at::Tensor residual = with ? draw() - 3 : at::Tensor();
          const BatchNorm norm = drawn_norm(shape[1]);
          const Outcome actual = outcome(*emulated, x, residual, gradient, norm, relu);
          const Outcome expected = outcome(*on_cpu, x, residual, gradient, norm, relu);
          // Both round once to bfloat16: seldom to different sides.
          const double rough = type == at::kFloat ? 2e-5 : 8e-3;
          CHECK(distance(actual.forward.y, expected.forward.y) < rough);
          CHECK(distance(actual.forward.statistics, expected.forward.statistics) < 1e-5);
          CHECK(distance(actual.running_mean, expected.running_mean) < 1e-5);
          CHECK(distance(actual.running_var, expected.running_var) < 1e-5);
          CHECK(distance(actual.backward.x, expected.backward.x) < rough);
          CHECK(distance(actual.backward.weight, expected.backward.weight) < 2e-4);
          CHECK(distance(actual.backward.bias, expected.backward.bias) < 2e-4);
          CHECK_EQUAL(actual.backward.residual.defined(), with);
          if (with) CHECK(distance(actual.backward.residual, expected.backward.residual) < rough);
          CHECK_EQUAL(actual.forward.y.scalar_type(), type);
        }
      }
    }
  }
}

namespace {

// One thing of it wrong at a time.
class WrongNorm final : public NormArithmetic {
 public:
  enum Fault { kNone, kY, kX, kWeight, kBias, kResidual, kVariance, kFaults };
  explicit WrongNorm(Fault fault) : fault_(fault) {}

  Normalised forward(const at::Tensor& x, const BatchNorm& norm, bool relu,
                     const at::Tensor& residual) const override {
    Normalised result = right_->forward(x, norm, relu, residual);
    if (fault_ == kY) result.y = result.y * 1.05;
    if (fault_ == kVariance) at::Tensor(norm.running_var).mul_(1.05);
    return result;
  }
  Gradients backward(const at::Tensor& gradient, const at::Tensor& x, const at::Tensor& y,
                     const at::Tensor& statistics, const at::Tensor& bias, bool relu,
                     bool of_x) const override {
    Gradients result = right_->backward(gradient, x, y, statistics, bias, relu, of_x);
    if (fault_ == kX) result.x[0][0][0][0] += 1;
    if (fault_ == kWeight) result.weight = result.weight * 1.05;
    if (fault_ == kBias) result.bias = result.bias * std::nan("");
    if (fault_ == kResidual) result.residual = gradient;
    return result;
  }
  at::Tensor apply(const at::Tensor& x, const at::Tensor& mean, const at::Tensor& scale,
                   const at::Tensor& shift, bool relu, const at::Tensor& residual) const override {
    return right_->apply(x, mean, scale, shift, relu, residual);
  }

 private:
  Fault fault_;
  std::unique_ptr<NormArithmetic> right_ = model::make_cpu_norm();
};

}  // namespace

TEST("kernels are trusted when they compute BatchNorms, and only then") {
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const auto emulated =
        model::make_kernel_norm(check::cuda::emulated_kernels(type == at::kBFloat16, 3));
    CHECK(model::computes_norms(*emulated, at::kCPU, type));
    for (int fault = WrongNorm::kNone; fault < WrongNorm::kFaults; ++fault) {
      const WrongNorm norm(static_cast<WrongNorm::Fault>(fault));
      CHECK_EQUAL(model::computes_norms(norm, at::kCPU, type), fault == WrongNorm::kNone);
    }
  }
}

TEST("a mean far from zero costs the kernels' variance no digits") {
  at::manual_seed(2);
  const at::Tensor x = channels_last(at::randn({4, 64, 12, 12}) * 0.1 + 1000);
  const auto emulated = model::make_kernel_norm(check::cuda::emulated_kernels(false, 3));
  const BatchNorm norm = drawn_norm(64);
  const at::Tensor inverse = emulated->forward(x, norm, false, {}).statistics[2];
  const at::Tensor wide = x.to(at::kDouble);
  const at::Tensor variance = wide.var({0, 2, 3}, /*unbiased=*/false);
  CHECK(distance(inverse, (variance + norm.epsilon).rsqrt()) < 1e-4);
}

TEST("without a mean and a scale, the kernels add bias and residual") {
  at::manual_seed(3);
  const auto draw = [] { return channels_last(at::randn({2, 32, 5, 5})).to(at::kBFloat16); };
  const at::Tensor x = draw(), residual = draw(), bias = at::randn({32});
  const auto emulated = model::make_kernel_norm(check::cuda::emulated_kernels(true, 2));
  const at::Tensor expected =
      (x.to(at::kFloat) + bias.view({1, -1, 1, 1}) + residual.to(at::kFloat)).relu();
  CHECK(at::equal(emulated->apply(x, {}, {}, bias, true, residual), expected.to(at::kBFloat16)));
}

TEST("the NaN of a GPU's arithmetic stays one in bfloat16") {
  const at::Tensor x = channels_last(at::zeros({1, 8, 2, 2})).to(at::kBFloat16);
  at::Tensor shift = at::zeros({8});
  shift.mutable_data_ptr<float>()[3] = std::bit_cast<float>(0x7fffffffu);
  const auto emulated = model::make_kernel_norm(check::cuda::emulated_kernels(true, 1));
  const at::Tensor y = emulated->apply(x, {}, {}, shift, true, {});
  CHECK(y.select(1, 3).isnan().all().item<bool>());
  CHECK_EQUAL(y.isnan().sum().item<int64_t>(), 4);
}

TEST("a NaN is not hidden by the kernels' ReLU") {
  at::Tensor x = channels_last(at::randn({2, 16, 4, 4})).to(at::kBFloat16);
  x[1][1][2][2] = std::nan("");
  const auto emulated = model::make_kernel_norm(check::cuda::emulated_kernels(true, 2));
  const at::Tensor y = emulated->forward(x, drawn_norm(16), true, {}).y;
  CHECK(y.select(1, 1).isnan().all().item<bool>());
  CHECK(!y.select(1, 0).isnan().any().item<bool>());
}

TEST("NVRTC compiles the kernels for the generations of GPUs in use") {
  const char* named = std::getenv("THAW_NVRTC");
  if (!named && device::cuda_device_count() == 0) {
    std::printf("     skipped: THAW_NVRTC names no library, and there is no CUDA device\n");
    return;
  }
  const std::vector<std::string> libraries = device::nvrtc_libraries(13);
  std::string reason;
  for (const char* architecture :
       {"sm_75", "sm_80", "sm_86", "sm_89", "sm_90", "sm_100", "sm_120"}) {
    for (const std::vector<std::string>& definitions :
         {std::vector<std::string>{}, std::vector<std::string>{"THAW_BFLOAT16"}}) {
      const auto code = device::compile_kernels(libraries, model::kChannelKernels, architecture,
                                                definitions, reason);
      if (!code) check::fail(__FILE__, __LINE__, std::string(architecture) + ": " + reason);
      CHECK(code && code->starts_with("\x7f"
                                      "ELF"));
    }
  }
  CHECK(!device::compile_kernels(libraries, "not C++", "sm_90", {}, reason));
  CHECK(reason.find("error") != std::string::npos);
}

TEST("what is no library, or none of NVRTC, is named") {
  std::string reason;
  CHECK(!device::compile_kernels({}, "", "sm_90", {}, reason));
  CHECK_EQUAL(reason, "THAW_NVRTC is none");
  CHECK(!device::compile_kernels({"libnothing-of-the-kind.so"}, "", "sm_90", {}, reason));
  CHECK(reason.find("libnothing-of-the-kind.so") != std::string::npos);
  CHECK(!device::compile_kernels({"libm.so.6"}, "", "sm_90", {}, reason));
  CHECK_EQUAL(reason, "libm.so.6 has no nvrtcVersion");
}

TEST("on a GPU, training through the kernels is training on the CPU") {
  const auto backend = check::gpu();
  if (!backend) return;
  const auto scope = backend->enter();
  at::manual_seed(4);
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    for (const auto& shape : kShapes) {
      const auto there = [&](const at::Tensor& t) {
        return t.detach().to(backend->device()).requires_grad_(t.requires_grad());
      };
      const auto draw = [&] { return channels_last(at::randn(shape)).to(type).requires_grad_(); };
      const at::Tensor x = draw(), residual = draw(), gradient = draw().detach();
      BatchNorm norm = drawn_norm(shape[1]), on_gpu = norm;
      norm.weight.requires_grad_(), norm.bias.requires_grad_();
      for (at::Tensor* each :
           {&on_gpu.weight, &on_gpu.bias, &on_gpu.running_mean, &on_gpu.running_var})
        *each = there(*each);
      const at::Tensor gpu_x = there(x), gpu_residual = there(residual);
      CHECK(model::can_fuse_norm(gpu_x));
      const at::Tensor y = model::fused_batch_norm(x, norm, true, residual);
      const at::Tensor gpu_y = model::fused_batch_norm(gpu_x, on_gpu, true, gpu_residual);
      y.backward(gradient);
      gpu_y.backward(there(gradient));
      const double rough = type == at::kFloat ? 2e-5 : 8e-3;
      CHECK(distance(gpu_y.detach(), y.detach()) < rough);
      CHECK(distance(gpu_x.grad(), x.grad()) < rough);
      CHECK(distance(gpu_residual.grad(), residual.grad()) < rough);
      CHECK(distance(on_gpu.weight.grad(), norm.weight.grad()) < 2e-4);
      CHECK(distance(on_gpu.bias.grad(), norm.bias.grad()) < 2e-4);
      CHECK(distance(on_gpu.running_var, norm.running_var) < 1e-5);
    }
  }
}

TEST("a convolution with bias, residual and ReLU is the same on a GPU") {
  const auto backend = check::gpu();
  if (!backend) return;
  const auto scope = backend->enter();
  at::manual_seed(5);
  const auto leaf = [](const at::Tensor& t, at::Device device) {
    return t.detach().to(device).requires_grad_();
  };
  const at::Tensor values[] = {channels_last(at::randn({2, 16, 9, 9})),
                               channels_last(at::randn({32, 16, 3, 3})), at::randn({32}),
                               channels_last(at::randn({2, 32, 9, 9}))};
  std::vector<std::vector<at::Tensor>> gradients;
  for (const at::Device device : {at::Device(at::kCPU), backend->device()}) {
    std::vector<at::Tensor> leaves;
    for (const at::Tensor& each : values) leaves.push_back(leaf(each, device));
    const at::Tensor y =
        model::fused_convolution(leaves[0], leaves[1], leaves[2], 1, 1, true, leaves[3]);
    (y * y).sum().backward();
    std::vector<at::Tensor>& found = gradients.emplace_back();
    for (const at::Tensor& each : leaves) found.push_back(each.grad());
    found.push_back(y.detach());
  }
  for (size_t i = 0; i < gradients[0].size(); ++i)
    CHECK(distance(gradients[1][i], gradients[0][i]) < 1e-4);
}

TEST_MAIN()
