// Recorded work: the same results as work that is simply done, and no harm from work that cannot be
// recorded.
#include "check.h"
#include "gpu.h"

using namespace thaw;

namespace {

constexpr int kRuns = 8;  // enough to warm up, to record and to replay some times

// A graph that draws random numbers and goes on with `then`, run with one seed after the other: it
// has to draw what a generator without a graph draws.
std::unique_ptr<device::Graph> draws_by_seed(const device::Backend& backend,
                                             const std::function<void(const at::Tensor&)>& then) {
  const auto scope = backend.enter();
  at::Generator recorded = backend.generator(1), plain = backend.generator(1);
  auto graph = backend.make_graph(recorded);
  const auto options = at::TensorOptions().device(backend.device());
  at::Tensor drawn;
  for (uint64_t seed = 0; seed < kRuns; ++seed) {
    recorded.set_current_seed(seed);
    plain.set_current_seed(seed);
    graph->run([&] {
      drawn = at::empty({5000}, options).bernoulli_(0.5, recorded);
      then(drawn);
    });
    CHECK(at::equal(drawn, at::empty({5000}, options).bernoulli_(0.5, plain)));
  }
  return graph;
}

}  // namespace

TEST("the CPU records nothing and does the work at every call") {
  const auto backend = device::make_backend("cpu");
  const auto graph = backend->make_graph();
  CHECK(!graph->records());
  int done = 0;
  for (int i = 0; i < kRuns; ++i) graph->run([&] { ++done; });
  CHECK_EQUAL(done, kRuns);
}

TEST("a replay reads its inputs anew and leaves its results where the recording left them") {
  const auto backend = check::gpu();
  if (!backend) return;
  const auto scope = backend->enter();
  const auto graph = backend->make_graph();
  const at::Tensor input = at::empty({1000}, at::TensorOptions().device(backend->device()));
  at::Tensor sum, total = at::zeros({}, input.options());
  int done = 0;
  for (int i = 1; i <= kRuns; ++i) {
    input.fill_(i);
    graph->run([&] {
      ++done;
      sum = (input * 2).sum();
      total.add_(sum);
    });
    CHECK_EQUAL(sum.item<float>(), 2000.0f * static_cast<float>(i));
  }
  CHECK(graph->records());
  CHECK(done < kRuns);
  CHECK_EQUAL(total.item<float>(), 1000.0f * kRuns * (kRuns + 1));  // each run counted once
}

TEST("work that waits for the device cannot be recorded and is done all the same") {
  const auto backend = check::gpu();
  if (!backend) return;
  const auto scope = backend->enter();
  const auto graph = backend->make_graph();
  const at::Tensor input = at::ones({10}, at::TensorOptions().device(backend->device()));
  float seen = 0;
  for (int i = 0; i < kRuns; ++i) {
    graph->run([&] {
      input.add_(1);
      seen = input.sum().item<float>();
    });
    CHECK_EQUAL(seen, 10.0f * static_cast<float>(i + 2));
  }
  CHECK(!graph->records());
  // The device is none the worse for it: another recording succeeds.
  const auto next = backend->make_graph();
  for (int i = 0; i < kRuns; ++i) next->run([&] { input.add_(1); });
  CHECK(next->records());
  CHECK_EQUAL(input[0].item<float>(), 1.0f + 2 * kRuns);
}

TEST("graphs of one backend come and go, several at a time") {
  const auto backend = check::gpu();
  if (!backend) return;
  const auto scope = backend->enter();
  const auto options = at::TensorOptions().device(backend->device());
  for (int generation = 0; generation < 3; ++generation) {
    const auto first = backend->make_graph(), second = backend->make_graph();
    const at::Tensor input = at::empty({1 << 20}, options);
    at::Tensor once, twice;
    for (int i = 1; i <= kRuns; ++i) {
      input.fill_(i);
      first->run([&] { once = input.exp().log(); });
      const at::Tensor kept = once.clone();  // the other's replay may write over it
      second->run([&] { twice = input.exp().log() + input; });
      CHECK(at::allclose(kept, input));
      CHECK(at::allclose(twice, 2 * input));
    }
    CHECK(first->records() && second->records());
  }
}

TEST("recorded random numbers are those of the generator's seed at each run") {
  const auto backend = check::gpu();
  if (!backend) return;
  CHECK(draws_by_seed(*backend, [](const at::Tensor&) {})->records());
}

TEST("a generator can be drawn from when what draws from it could not be recorded") {
  const auto backend = check::gpu();
  if (!backend) return;
  const auto wait = [](const at::Tensor& drawn) { (void)drawn.sum().item<float>(); };
  CHECK(!draws_by_seed(*backend, wait)->records());
}

TEST_MAIN()
