// The batch size that is found: the knee of the speed, and a run that does not notice the search.
#include "engine/session/batch_size.h"

#include "check.h"
#include "engine/train/fit.h"

using namespace thaw;
using namespace thaw::train;
using namespace thaw::features;
using namespace thaw::session;
using model::HeadKind;

namespace {

constexpr int64_t kSide = 32, kClasses = 3;

std::shared_ptr<const data::Dataset> drawn(int64_t images) {
  at::manual_seed(1);
  auto dataset = std::make_shared<data::Dataset>();
  dataset->pixels = at::randn({images, kSide, kSide, 3});
  for (int64_t i = 0; i < images; ++i) dataset->labels.push_back(i % kClasses);
  return dataset;
}

// Everything trained, BatchNorm live, dropout on: whatever the search could disturb.
StateDict run_with(int64_t batch_size, int64_t* taken, int64_t memory) {
  Session session;
  session.backend = device::make_backend("cpu");
  session.preprocessing.height = session.preprocessing.width = kSide;
  session.network = std::make_shared<model::Network>(
      model::find_architecture("resnet18"), model::InputShape{kSide, kSide},
      std::vector<model::HeadLayer>{{.kind = HeadKind::kGlobalAveragePooling, .name = "pool"},
                                    {.kind = HeadKind::kDropout, .name = "drop", .rate = 0.4},
                                    {.kind = HeadKind::kDense, .name = "dense", .units = kClasses}},
      1);
  FitOptions options;
  options.batch_size = batch_size;
  options.seed = 3;
  options.threads = 1;
  options.cache.memory = memory;
  const FitEvents events{.begin = [&](const BeginEvent& event) { *taken = event.batch_size; },
                         .batch = {},
                         .epoch = {}};
  fit(session, drawn(288), nullptr, kClasses, {.optimizer = {.learning_rate = 1e-3}}, options,
      events, nullptr);
  return session.network->state();
}

}  // namespace

TEST("the knee is the smallest batch within a twentieth of the fastest") {
  // Seconds of a constant and a share for each image.
  const auto affine = [](double constant, double each) {
    return [=](int64_t n) { return constant + each * static_cast<double>(n); };
  };
  CHECK_EQUAL(knee(1024, affine(0, 1)), 8);
  // 0.94 images a second at 128; doubling stops paying at 256 with 0.97.
  CHECK_EQUAL(knee(1024, affine(8, 1)), 128);
  CHECK_EQUAL(knee(64, affine(1000, 1)), 64);
  CHECK_EQUAL(knee(3, affine(1000, 1)), 8);
  const auto room_for_32 = [](int64_t n) { return n > 32 ? -1.0 : 1.0; };
  CHECK_EQUAL(knee(1024, room_for_32), 32);
  // Slower from 64 on, as where caches overflow.
  const auto overflowing = [](int64_t n) {
    return (n >= 64 ? 2.0 : 1.0) * (10 + static_cast<double>(n));
  };
  CHECK_EQUAL(knee(1024, overflowing), 32);
}

TEST("a run with the batch that was found is the run with that batch, to the bit") {
  int64_t found = 0, given = 0;
  const StateDict searched = run_with(0, &found, int64_t{4} << 30);
  CHECK(found == 8 || found == 16);  // at most a sixteenth of 288 images
  const StateDict direct = run_with(found, &given, int64_t{4} << 30);
  CHECK_EQUAL(given, found);
  for (size_t i = 0; i < searched.size(); ++i)
    CHECK(at::equal(searched[i].second, direct[i].second));
  // No memory to double in.
  run_with(0, &found, 0);
  CHECK_EQUAL(found, 8);
}

TEST_MAIN()
