// Out of the device's memory: the size that is advised fits, and nothing but the message is new.
#include "check.h"
#include "cpu_stand_in.h"
#include "engine/session/within_memory.h"
#include "engine/train/evaluate.h"
#include "gpu.h"

using namespace thaw;
using namespace thaw::train;
using namespace thaw::features;
using namespace thaw::session;

namespace {

Session make_session(std::shared_ptr<const device::Backend> backend) {
  Session session;
  session.backend = std::move(backend);
  session.preprocessing.height = session.preprocessing.width = 64;
  session.network = std::make_shared<model::Network>(
      model::find_architecture("resnet18"), model::InputShape{64, 64},
      std::vector<model::HeadLayer>{
          {.kind = model::HeadKind::kGlobalAveragePooling, .name = "avg_pool"},
          {.kind = model::HeadKind::kDense, .name = "fc", .units = 3}},
      1);
  session.network->to(session.backend->device());
  return session;
}

// A device of so many bytes, on which an image takes `each` and any batch `constant`.
class SmallDevice final : public check::CpuStandIn {
 public:
  at::Tensor upload(const at::Tensor& host, std::shared_ptr<void>) const override {
    peak_ = constant + each * host.size(0);
    return host;
  }
  std::optional<device::MemoryUse> memory_use() const override {
    return device::MemoryUse{.held = 100, .peak = 100 + peak_, .capacity = capacity};
  }
  void watch_memory() const override { peak_ = 0; }

  int64_t constant = 500, each = 10, capacity = 2100;

 private:
  mutable int64_t peak_ = 0;
};

std::string message_of(Session& session, const DataOptions& options, Pass pass) {
  try {
    within_memory(session, options, pass, []() -> int {
      TORCH_CHECK_WITH(OutOfMemoryError, false, "CUDA out of memory. Tried to allocate 2.00 GiB.");
    });
  } catch (const Error& error) {
    CHECK_EQUAL(error.code(), "ERR_OUT_OF_MEMORY");
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST("a batch takes a constant and as much again for each image; a tenth is left over") {
  const MeasuredBatches measured{
      .small = 8, .small_bytes = 500 + 80, .large = 16, .large_bytes = 500 + 160};
  CHECK_EQUAL(fitting_batch_size(measured, 2000), 128);  // (1800 - 500) / 10 = 130
  CHECK_EQUAL(fitting_batch_size(measured, 620), 5);
  CHECK_EQUAL(fitting_batch_size(measured, 500), 0);
}

TEST("what is done within memory is done; other errors pass") {
  Session session = make_session(device::make_backend("cpu"));
  CHECK_EQUAL(within_memory(session, {}, Pass::kTraining, [] { return 7; }), 7);
  CHECK_THROWS(within_memory(session, {}, Pass::kTraining,
                             []() -> int { fail("ERR_ABORTED", "The run was aborted."); }),
               "ERR_ABORTED");
}

TEST("the advice follows from small batches, and leaves the network as it was") {
  const auto backend = std::make_shared<SmallDevice>();
  Session session = make_session(backend);
  const StateDict before = session.network->state();
  for (const Pass pass : {Pass::kTraining, Pass::kInference}) {
    const std::string message = message_of(session, {.batch_size = 256}, pass);
    CHECK(message.find("batch size of 256; about 128 would fit") != std::string::npos);
  }
  CHECK(message_of(session, {.batch_size = 0}, Pass::kTraining).find("too small; about 128") !=
        std::string::npos);
  const StateDict after = session.network->state();
  for (size_t i = 0; i < before.size(); ++i) CHECK(at::equal(before[i].second, after[i].second));
  for (const model::Network::Named& named : session.network->named_tensors())
    CHECK(!named.tensor->grad().defined());
  backend->capacity = 300;
  CHECK(message_of(session, {.batch_size = 256}, Pass::kTraining).find("would fit") ==
        std::string::npos);
}

TEST("on a GPU the advised batch size fits") {
  const auto backend = check::gpu();
  if (!backend) return;
  Session session = make_session(backend);
  auto dataset = std::make_shared<data::Dataset>();
  constexpr int64_t kImages = 4096;
  dataset->pixels = at::zeros({kImages, 64, 64, 3}, at::kByte);
  dataset->labels.assign(kImages, 0);
  // All but 1 GiB is taken: too little for the first map of all images.
  const device::MemoryUse use = *backend->memory_use();
  const at::Tensor filler =
      at::empty({use.capacity - use.held - (int64_t{1} << 30)},
                at::TensorOptions().dtype(at::kByte).device(backend->device()));
  DataOptions options{.batch_size = kImages};
  std::string message;
  try {
    evaluate(session, dataset, 3, {}, {options, {}}, nullptr);
  } catch (const Error& error) {
    CHECK_EQUAL(error.code(), "ERR_OUT_OF_MEMORY");
    message = error.what();
  }
  const size_t about = message.find("about ");
  CHECK(about != std::string::npos);
  if (about == std::string::npos) return;
  options.batch_size = std::stoll(message.substr(about + 6));
  CHECK(options.batch_size < kImages);
  CHECK_EQUAL(evaluate(session, dataset, 3, {}, {options, {}}, nullptr).values.images, kImages);
}

TEST_MAIN()
