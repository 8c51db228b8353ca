// Ways of running the frozen part: cuDNN's fused kernels, the check before they are trusted, the
// recording of a batch.
#include <limits>

#include "check.h"
#include "disturb.h"
#include "engine/model/folded.h"
#include "engine/model/frozen_checked.h"
#include "engine/model/frozen_cudnn.h"
#include "engine/model/frozen_replayed.h"
#include "gpu.h"
#include "recording_backend.h"

using namespace thaw;
using model::FrozenPart, model::Network;

namespace {

class Fake final : public FrozenPart {
 public:
  Fake(std::function<at::Tensor(const at::Tensor&)> function, int* calls = nullptr)
      : function_(std::move(function)), calls_(calls) {}
  at::Tensor forward(const at::Tensor& images, int64_t) const override {
    if (calls_) ++*calls_;
    return function_(images);
  }

 private:
  std::function<at::Tensor(const at::Tensor&)> function_;
  int* calls_;
};

at::Tensor twice(const at::Tensor& x) { return x * 2; }

// Which of the two is asked for the second and third batch; the results are checked as well.
struct Calls {
  int fast = 0, plain = 0;
};
Calls calls_after_check(std::function<at::Tensor(const at::Tensor&)> fast) {
  Calls calls;
  const auto part = model::make_checked_frozen_part(std::make_unique<Fake>(fast, &calls.fast),
                                                    std::make_unique<Fake>(twice, &calls.plain));
  const at::Tensor x = at::randn({2, 3, 8, 8});
  for (int i = 0; i < 3; ++i) CHECK(at::allclose(part->forward(x), x * 2, 1e-3));
  return calls;
}

std::vector<model::HeadLayer> linear() {
  return {{.kind = model::HeadKind::kGlobalAveragePooling, .name = "avg_pool"},
          {.kind = model::HeadKind::kDense, .name = "predictions", .units = 10}};
}

}  // namespace

TEST("a fast part that throws, errs or gives NaN is not taken; one that rounds differently is") {
  CHECK_EQUAL(calls_after_check([](const at::Tensor&) -> at::Tensor {
                throw std::runtime_error("no kernel for this shape");
              }).plain,
              3);
  CHECK_EQUAL(calls_after_check([](const at::Tensor& x) { return x * 2.1; }).plain, 3);
  CHECK_EQUAL(calls_after_check([](const at::Tensor& x) { return x.flatten(1) * 2; }).plain, 3);
  CHECK_EQUAL(calls_after_check([](const at::Tensor& x) {
                return x * std::numeric_limits<float>::quiet_NaN();
              }).plain,
              3);
  const Calls good = calls_after_check([](const at::Tensor& x) { return x * 2.0001; });
  CHECK_EQUAL(good.plain, 1);
  CHECK_EQUAL(good.fast, 3);
}

TEST("a part that runs out of memory while it is checked says so") {
  const auto part =
      model::make_checked_frozen_part(std::make_unique<Fake>([](const at::Tensor&) -> at::Tensor {
                                        TORCH_CHECK_WITH(OutOfMemoryError, false, "no memory");
                                      }),
                                      std::make_unique<Fake>(twice));
  bool thrown = false;
  try {
    part->forward(at::ones({1, 3, 4, 4}));
  } catch (const c10::OutOfMemoryError&) {
    thrown = true;
  }
  CHECK(thrown);
}

TEST("replayed features are the part's own, stay, and come for every shape") {
  const auto backend = std::make_shared<check::RecordingBackend>();
  const auto part = model::make_replayed_frozen_part(std::make_unique<Fake>(twice), backend);
  const at::Tensor full = at::randn({4, 3, 5, 5}), other = at::randn({4, 3, 5, 5});
  const at::Tensor first = part->forward(full);
  const at::Tensor second = part->forward(other);
  CHECK(at::equal(first, full * 2));  // not overwritten by the second
  CHECK(at::equal(second, other * 2));
  CHECK_EQUAL(backend->runs, 2);
  for (int n = 1; n <= 8; ++n) {
    const at::Tensor x = at::randn({n, 3, 5, 5});
    CHECK(at::equal(part->forward(x), x * 2));
  }
  CHECK_EQUAL(backend->graphs, 4);
  CHECK_EQUAL(backend->runs, 6);  // of 4, 1, 2 and 3; the other shapes come without
}

TEST("batches that are not full are replayed as full ones") {
  const auto backend = std::make_shared<check::RecordingBackend>();
  std::vector<int64_t> seen;
  const auto part =
      model::make_replayed_frozen_part(std::make_unique<Fake>([&](const at::Tensor& x) {
                                         seen.push_back(x.size(0));
                                         return x * 2;
                                       }),
                                       backend);
  const at::Tensor full = at::randn({4, 3, 5, 5}), some = at::randn({3, 3, 5, 5});
  CHECK(at::equal(part->forward(some, 4), some * 2));
  CHECK(at::equal(part->forward(full, 4), full * 2));
  CHECK(at::equal(part->forward(some, 4), some * 2));
  CHECK_EQUAL(backend->graphs, 1);
  CHECK((seen == std::vector<int64_t>{4, 4, 4}));
}

TEST("images in channels-last memory keep it through a recording") {
  const auto backend = std::make_shared<check::RecordingBackend>();
  const auto part = model::make_replayed_frozen_part(std::make_unique<Fake>(twice), backend);
  const at::Tensor x = at::randn({2, 3, 5, 5}).contiguous(at::MemoryFormat::ChannelsLast);
  CHECK(part->forward(x).is_contiguous(at::MemoryFormat::ChannelsLast));
}

TEST("cuDNN's fused kernels give the plain part's features at every boundary") {
  CHECK(!model::cudnn_fuses(at::kCPU, at::kFloat));
  const auto backend = check::gpu();
  if (!backend) return;
  const auto scope = backend->enter();
  at::NoGradGuard no_grad;
  CHECK(!model::cudnn_fuses(backend->device(), at::kDouble));
  for (const char* name : {"resnet18", "resnet50"}) {
    Network network(model::find_architecture(name), {96, 96}, linear(), 1);
    disturb(network);
    const at::Tensor images = at::randn({5, 3, 96, 96});
    for (int units = 1; units <= network.head_unit(); units += 3) {
      // float32 on the CPU says what is right, another device and another order of sums.
      const at::Tensor expected = model::make_frozen_part(network, units, at::kFloat)
                                      ->forward(images.contiguous(at::MemoryFormat::ChannelsLast));
      network.to(backend->device());
      const std::pair<at::ScalarType, double> types[] = {
          {at::kFloat, 1e-4}, {at::kHalf, 0.01}, {at::kBFloat16, 0.05}};
      for (const auto& [type, tolerance] : types) {
        CHECK(model::cudnn_fuses(backend->device(), type));
        const auto part = model::make_cudnn_frozen_part(network, units, type);
        at::Tensor features;
        try {
          features = part->forward(
              images.to(backend->device(), type).contiguous(at::MemoryFormat::ChannelsLast));
        } catch (const c10::Error& error) {
          // Without TF32 there may be none for float32: the plain part is taken then.
          if (type != at::kFloat) throw;
          std::printf("     skipped: cuDNN fuses nothing in float32 here\n");
          continue;
        }
        CHECK(features.scalar_type() == type);
        const at::Tensor error = features.to(at::kCPU, at::kFloat) - expected;
        CHECK(error.norm().item<double>() < tolerance * expected.norm().item<double>());
      }
      network.to(at::kCPU);
    }
  }
}

TEST("the stem's pooling before bias and ReLU changes no bit") {
  at::manual_seed(5);
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const at::Tensor x = at::randn({2, 8, 21, 30}).to(type),
                     bias = at::randn({1, 8, 1, 1}).to(type);
    const auto pool = [](const at::Tensor& t) { return at::max_pool2d(t, {3, 3}, {2, 2}, {1, 1}); };
    CHECK(at::equal(pool((x + bias).relu()), (pool(x) + bias).relu()));
  }
}

TEST_MAIN()
