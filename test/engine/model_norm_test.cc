// The fused BatchNorm + residual + ReLU, forward and backward, against libtorch's operators in
// float64; the scaled convolution against convolution and BatchNorm apart.
#include "engine/model/norm/fused_norm.h"

#include <ATen/Parallel.h>

#include "check.h"
#include "engine/model/kernels/eager.h"
#include "norms.h"

using namespace thaw;
using model::BatchNorm;
using norms::channels_last, norms::distance, norms::drawn_norm;

namespace {

struct Case {
  at::Tensor x, residual, gradient;  // channels-last, of the type under test
  bool relu;
};

Case drawn_case(at::IntArrayRef sizes, at::ScalarType type, bool relu, bool residual) {
  const auto draw = [&] { return channels_last(at::randn(sizes) * 2 + 0.5).to(type); };
  return {
      .x = draw(), .residual = residual ? draw() : at::Tensor(), .gradient = draw(), .relu = relu};
}

struct Result {
  at::Tensor y, dx, dweight, dbias, dresidual, running_mean, running_var;

  std::vector<std::pair<const char*, at::Tensor>> activations() const {
    return {{"y", y}, {"dx", dx}, {"dresidual", dresidual}};
  }
  std::vector<std::pair<const char*, at::Tensor>> channels() const {
    return {{"dweight", dweight},
            {"dbias", dbias},
            {"running_mean", running_mean},
            {"running_var", running_var}};
  }
};

at::Tensor leaf(const at::Tensor& x) {
  return x.defined() ? x.detach().clone().requires_grad_() : x;
}

Result fused(const Case& given, const BatchNorm& of) {
  BatchNorm norm = of;
  norm.weight = leaf(of.weight), norm.bias = leaf(of.bias);
  norm.running_mean = of.running_mean.clone(), norm.running_var = of.running_var.clone();
  const at::Tensor x = leaf(given.x), residual = leaf(given.residual);
  const at::Tensor y = model::fused_batch_norm(x, norm, given.relu, residual);
  y.backward(given.gradient);
  return {y.detach(),
          x.grad(),
          norm.weight.grad(),
          norm.bias.grad(),
          residual.defined() ? residual.grad() : at::Tensor(),
          norm.running_mean,
          norm.running_var};
}

// libtorch's operators one by one, in float64.
Result expected(const Case& given, const BatchNorm& norm) {
  const auto wide = [](const at::Tensor& t) { return leaf(t.defined() ? t.to(at::kDouble) : t); };
  const at::Tensor x = wide(given.x), residual = wide(given.residual), weight = wide(norm.weight),
                   bias = wide(norm.bias);
  const at::Tensor mean = norm.running_mean.to(at::kDouble), var = norm.running_var.to(at::kDouble);
  at::Tensor y =
      at::batch_norm(x, weight, bias, mean, var, true, norm.momentum, norm.epsilon, false);
  if (residual.defined()) y = y + residual;
  if (given.relu) y = y.relu();
  y.backward(given.gradient.to(at::kDouble));
  return {y.detach(),
          x.grad(),
          weight.grad(),
          bias.grad(),
          residual.defined() ? residual.grad() : at::Tensor(),
          mean,
          var};
}

void check_near(const std::vector<std::pair<const char*, at::Tensor>>& actual,
                const std::vector<std::pair<const char*, at::Tensor>>& expected, double tolerance,
                const std::string& where) {
  for (size_t i = 0; i < actual.size(); ++i) {
    CHECK_EQUAL(actual[i].second.defined(), expected[i].second.defined());
    if (!actual[i].second.defined()) continue;
    const double off = distance(actual[i].second, expected[i].second);
    if (!(off < tolerance)) {
      check::fail(__FILE__, __LINE__,
                  std::string(actual[i].first) + " is off by " + std::to_string(off) + where);
    }
  }
}

// Odd numbers of channels and rows, more than one chunk of rows, and few rows of many channels.
const std::vector<std::vector<int64_t>> kShapes = {
    {2, 1, 3, 3},  {2, 5, 3, 3},     {1, 64, 7, 7},    {3, 17, 9, 4},
    {33, 3, 1, 1}, {2, 256, 14, 14}, {40, 70, 21, 20}, {2, 2048, 2, 2},
};

}  // namespace

TEST("only what the kernels can walk through is fused") {
  const at::Tensor x = channels_last(at::randn({2, 8, 4, 4}));
  CHECK(model::can_fuse_norm(x));
  CHECK(model::can_fuse_norm(x.to(at::kBFloat16)));
  CHECK(!model::can_fuse_norm(x.to(at::kDouble)));
  CHECK(!model::can_fuse_norm(x.to(at::kHalf)));
  CHECK(!model::can_fuse_norm(x.contiguous()));
  CHECK(!model::can_fuse_norm(x.slice(1, 0, 4)));
  CHECK(!model::can_fuse_norm(at::randn({2, 8})));
  CHECK(!model::can_fuse_norm(x.slice(0, 0, 0)));
  CHECK(!model::can_fuse_norm(at::empty_like(x, x.options().device(at::kMeta))));
}

TEST("output, gradients and running statistics are those of batch_norm, add and relu") {
  at::manual_seed(1);
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    for (const auto& shape : kShapes) {
      for (const auto& [relu, residual] : {std::pair{false, false}, {true, false}, {true, true}}) {
        const BatchNorm norm = drawn_norm(shape[1]);
        const Case given = drawn_case(shape, type, relu, residual);
        const Result actual = fused(given, norm), reference = expected(given, norm);
        const std::string where = std::string(" in ") + at::toString(type) + ", " +
                                  c10::str(shape) + (relu ? ", relu" : "") +
                                  (residual ? ", residual" : "");
        // bfloat16 keeps 8 bits: half a unit in the last place of the result. Sums stay in float32.
        check_near(actual.activations(), reference.activations(), type == at::kFloat ? 1e-5 : 4e-3,
                   where);
        check_near(actual.channels(), reference.channels(), 1e-5, where);
        CHECK_EQUAL(actual.y.scalar_type(), type);
        CHECK(actual.y.is_contiguous(at::MemoryFormat::ChannelsLast));
      }
    }
  }
}

TEST("a mean far from zero costs the variance no digits") {
  at::manual_seed(2);
  const BatchNorm norm = drawn_norm(6);
  Case given = drawn_case({8, 6, 15, 15}, at::kFloat, false, false);
  given.x = channels_last(given.x * 0.1 + 1000);
  const Result actual = fused(given, norm), reference = expected(given, norm);
  CHECK(distance(actual.running_mean, reference.running_mean) < 1e-6);
  CHECK(distance(actual.running_var, reference.running_var) < 1e-5);
  CHECK(distance(actual.y, reference.y) < 1e-3);  // at 1000, float32 has steps of 6e-5
}

TEST("two values a channel become minus one and one") {
  BatchNorm norm = drawn_norm(9);
  norm.weight = at::ones({9}), norm.bias = at::zeros({9});
  const at::Tensor x = channels_last(at::randn({2, 9, 1, 1}) * 100);
  const at::Tensor y = model::fused_batch_norm(x, norm, false, {});
  CHECK(distance(y.abs(), at::ones({2, 9, 1, 1}, at::kDouble)) < 1e-4);
  CHECK(distance(y.sum(0) + 1, at::ones({9, 1, 1}, at::kDouble)) < 1e-4);
}

TEST("a gradient in another layout and a residual in another layout are taken as they are") {
  at::manual_seed(3);
  const BatchNorm norm = drawn_norm(10);
  Case given = drawn_case({4, 10, 5, 3}, at::kFloat, true, true);
  const Result reference = expected(given, norm);
  given.gradient = given.gradient.contiguous();
  given.residual = given.residual.contiguous();
  check_near(fused(given, norm).activations(), reference.activations(), 1e-5, ", other layouts");
  given.gradient = at::ones({}).expand({4, 10, 5, 3});
  CHECK(distance(fused(given, norm).dx, expected(given, norm).dx) < 1e-5);
}

TEST("a NaN is not hidden by the ReLU") {
  const BatchNorm norm = drawn_norm(3);
  Case given = drawn_case({2, 3, 4, 4}, at::kBFloat16, true, false);
  given.x[1][1][2][2] = std::nan("");
  const at::Tensor y = fused(given, norm).y;
  CHECK(y.select(1, 1).isnan().all().item<bool>());
  CHECK(!y.select(1, 0).isnan().any().item<bool>());
}

TEST("results are the same bits again, and with another number of threads") {
  at::manual_seed(4);
  const BatchNorm norm = drawn_norm(40);
  const Case given = drawn_case({16, 40, 30, 30}, at::kBFloat16, true, true);
  const int threads = at::get_num_threads();
  const Result first = fused(given, norm);
  for (const int count : {threads, 1, 3}) {
    at::set_num_threads(count);
    const Result again = fused(given, norm);
    const auto same = [](const auto& a, const auto& b) {
      for (size_t i = 0; i < a.size(); ++i) CHECK(at::equal(a[i].second, b[i].second));
    };
    same(again.activations(), first.activations());
    same(again.channels(), first.channels());
  }
  at::set_num_threads(threads);
}

TEST("gradients that nobody asks for are left out") {
  at::manual_seed(5);
  const BatchNorm norm = drawn_norm(4);
  const at::Tensor x = channels_last(at::randn({2, 4, 3, 3}));
  model::fused_batch_norm(x, norm, true, {}).sum().backward();
  CHECK(!x.grad().defined());
  CHECK(norm.weight.grad().defined());
}

TEST("by running statistics: batch_norm's inference, and no buffer changes") {
  at::manual_seed(6);
  const BatchNorm norm = drawn_norm(7);
  const Case given = drawn_case({3, 7, 6, 5}, at::kFloat, true, true);
  const at::Tensor mean = norm.running_mean.clone(), var = norm.running_var.clone();
  const at::Tensor y = model::fused_running_norm(given.x, norm, true, given.residual);
  const auto wide = [](const at::Tensor& t) { return t.detach().to(at::kDouble); };
  const at::Tensor plain = at::batch_norm(wide(given.x), wide(norm.weight), wide(norm.bias),
                                          wide(mean), wide(var), false, 0, norm.epsilon, false);
  CHECK(distance(y, (plain + wide(given.residual)).relu()) < 1e-5);
  CHECK(!y.requires_grad());
  CHECK(at::equal(norm.running_mean, mean) && at::equal(norm.running_var, var));
}

TEST("a scaled convolution is a convolution and a frozen BatchNorm, gradients included") {
  at::manual_seed(7);
  model::ConvolutionStep step{.convolution = {.stride = 2, .padding = 1}, .norm = drawn_norm(9)};
  const at::Tensor weight_of = channels_last(at::randn({9, 6, 3, 3})).requires_grad_();
  step.convolution.weight = weight_of;
  const at::Tensor x = channels_last(at::randn({2, 6, 8, 8})).requires_grad_();
  const at::Tensor y = (*model::scaled_kernel(step, at::kFloat))(x, {}, {});
  const at::Tensor dy = at::randn_like(y);
  y.backward(dy);

  const at::Tensor wide_x = leaf(x.to(at::kDouble)), weight = leaf(weight_of.to(at::kDouble));
  const auto wide = [](const at::Tensor& t) { return t.detach().to(at::kDouble); };
  const BatchNorm& norm = *step.norm;
  const at::Tensor plain = at::batch_norm(
      at::conv2d(wide_x, weight, {}, {2, 2}, {1, 1}), wide(norm.weight), wide(norm.bias),
      wide(norm.running_mean), wide(norm.running_var), false, 0, norm.epsilon, false);
  plain.backward(wide(dy));
  CHECK(distance(y.detach(), plain.detach()) < 1e-5);
  CHECK(distance(x.grad(), wide_x.grad()) < 1e-5);
  CHECK(distance(weight_of.grad(), weight.grad()) < 1e-5);
  CHECK(!norm.weight.grad().defined());
}

TEST_MAIN()
