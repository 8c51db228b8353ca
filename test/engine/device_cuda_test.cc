// What a CUDA device does in place of the CPU: copies of batches, normalisation, its memory.
#include "check.h"
#include "engine/data/preprocessing.h"
#include "gpu.h"

using namespace thaw;

TEST("the CPU has no memory of its own to speak of") {
  const auto backend = device::make_backend("cpu");
  CHECK(!backend->memory_use());
  CHECK_EQUAL(backend->free_memory(), 0);
}

TEST("a device that is not there is named") {
  const std::string name = "cuda:" + std::to_string(device::cuda_device_count());
  CHECK_THROWS(device::make_backend(name), "ERR_DEVICE_NOT_FOUND");
  CHECK_THROWS(device::make_backend("cuda:x"), "ERR_INVALID_ARGUMENT");
}

TEST("uploads arrive in order, and their buffers come back while later ones are under way") {
  const auto backend = check::gpu();
  if (!backend) return;
  const auto scope = backend->enter();
  std::vector<at::Tensor> arrived;
  std::vector<std::weak_ptr<void>> leases;
  for (int i = 0; i < 20; ++i) {
    const at::Tensor host = backend->host_buffer({1 << 20}, at::kInt);
    CHECK(host.is_pinned());
    host.fill_(i);
    const auto lease = std::make_shared<int>(i);
    leases.push_back(lease);
    arrived.push_back(backend->upload(host, lease));
  }
  // No more may be held than one batch needs.
  int held = 0;
  for (const auto& lease : leases) held += lease.expired() ? 0 : 1;
  CHECK(held <= 2);
  for (int i = 0; i < 20; ++i) CHECK(arrived[i].eq(i).all().item<bool>());
  backend->synchronize();
  for (const auto& lease : leases) CHECK(lease.expired());
}

TEST("images are normalised as on the CPU") {
  const auto backend = check::gpu();
  if (!backend) return;
  const auto scope = backend->enter();
  const at::Tensor images = at::randint(256, {3, 17, 19, 3}, at::kByte);
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const at::Tensor expected = data::normalise(images, {}, type);
    const at::Tensor actual = data::normalise(images.to(backend->device()), {}, type);
    CHECK(actual.scalar_type() == type);
    CHECK(actual.is_contiguous(at::MemoryFormat::ChannelsLast));
    // The device may multiply and add in one rounding.
    const double tolerance = type == at::kFloat ? 1e-6 : 0.02;
    CHECK((actual.cpu().to(at::kFloat) - expected.to(at::kFloat)).abs().max().item<double>() <
          tolerance);
  }
}

TEST("memory that tensors take is counted") {
  const auto backend = check::gpu();
  if (!backend) return;
  const auto scope = backend->enter();
  backend->watch_memory();
  const device::MemoryUse before = *backend->memory_use();
  constexpr int64_t kBytes = 64 << 20;
  {
    const at::Tensor tensor =
        at::empty({kBytes}, at::TensorOptions().dtype(at::kByte).device(backend->device()));
    CHECK(backend->memory_use()->held >= before.held + kBytes);
  }
  const device::MemoryUse after = *backend->memory_use();
  CHECK_EQUAL(after.held, before.held);
  CHECK(after.peak >= before.held + kBytes);
  CHECK(after.capacity > after.held + kBytes);
}

TEST_MAIN()
