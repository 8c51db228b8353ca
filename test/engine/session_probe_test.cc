// The linear probe and the nearest rows, against their definitions: refits without each row, and
// every pair.
#include "engine/session/probe.h"

#include "check.h"
#include "engine/error.h"

using namespace thaw::session;

namespace {

at::Tensor unit(const at::Tensor& rows) { return rows / rows.norm(2, 1, true); }

at::Tensor one_hot(int64_t n, int64_t classes) {
  return at::one_hot(at::arange(n).remainder(classes), classes);
}

// Fits on all other rows: the normal equations with a column of ones that is not penalised.
at::Tensor refitted(const at::Tensor& features, const at::Tensor& targets, double penalty) {
  const at::Tensor all =
      at::cat({features.to(at::kDouble), at::ones({features.size(0), 1}, at::kDouble)}, 1);
  const int64_t columns = all.size(1);
  at::Tensor penalties = at::eye(columns, at::kDouble) * penalty;
  penalties[columns - 1][columns - 1] = 0;
  std::vector<at::Tensor> rows;
  for (int64_t i = 0; i < all.size(0); ++i) {
    const at::Tensor kept = at::cat({at::arange(i), at::arange(i + 1, all.size(0))});
    const at::Tensor x = all.index_select(0, kept);
    const at::Tensor y = targets.to(at::kDouble).index_select(0, kept);
    rows.push_back(all[i].unsqueeze(0).mm(at::linalg_solve(x.t().mm(x) + penalties, x.t().mm(y))));
  }
  return at::cat(rows);
}

}  // namespace

TEST(
    "leaving a row out is what a refit without it gives, with more rows than columns and with "
    "fewer") {
  at::manual_seed(1);
  for (const int64_t columns : {5, 40}) {
    const at::Tensor features = unit(at::randn({24, columns}));
    const at::Tensor targets = one_hot(24, 3);
    for (const double penalty : {0.05, 2.0}) {
      const at::Tensor difference =
          leave_one_out(features, targets, penalty) - refitted(features, targets, penalty);
      CHECK(difference.abs().max().item<double>() < 1e-7);
    }
  }
}

TEST("the penalty is the one whose refits err least; features without meaning give the means") {
  at::manual_seed(2);
  const at::Tensor targets = one_hot(30, 3);
  const at::Tensor told =
      unit(at::randn({30, 8}) * 0.1 + at::eye(3).repeat({10, 1}).matmul(at::randn({3, 8})));
  const at::Tensor chosen = leave_one_out(told, targets);
  const double error = (chosen - targets).square().mean().item<double>();
  for (const double penalty : {0.01, 0.1, 1.0, 10.0, 100.0}) {
    CHECK((refitted(told, targets, penalty) - targets).square().mean().item<double>() >=
          error - 1e-9);
  }
  CHECK(at::equal(chosen.argmax(1), targets.argmax(1)));
  const at::Tensor same = at::ones({30, 8}) / std::sqrt(8.0);
  CHECK((leave_one_out(same, targets) - 1.0 / 3).abs().max().item<double>() < 0.05);
}

TEST("the nearest rows are those of all pairs, beyond a block of them, and none is its own") {
  at::manual_seed(3);
  const at::Tensor features = unit(at::randn({1500, 6}));
  int steps = 0;
  const Nearest nearest = nearest_rows(features, 4, [&] { ++steps; });
  CHECK_EQUAL(steps, 2);
  const at::Tensor like = features.mm(features.t());
  for (const int64_t row : {0, 1023, 1024, 1499}) {
    at::Tensor others = like[row].clone();
    others[row] = -2;
    CHECK(at::equal(nearest.rows[row], std::get<1>(others.topk(4))));
    CHECK(at::allclose(nearest.cosines[row], std::get<0>(others.topk(4)), 1e-5, 1e-6));
  }
  CHECK_EQUAL(nearest_rows(features.narrow(0, 0, 3), 10, [] {}).rows.size(1), 2);
  CHECK_THROWS(nearest_rows(features, 4, [] { thaw::fail("ERR_ABORTED", "Stopped."); }),
               "ERR_ABORTED");
}

TEST_MAIN()
