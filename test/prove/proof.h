// A proof: many trials, each of which may fail, each repeatable alone.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <random>
#include <string>

#include "run.h"

namespace prove {

struct Asked {
  std::string what;  // the proof's name
  int64_t trials = 100;
  uint64_t seed = 1;
  std::optional<int64_t> only;  // this trial alone
};

// Counts trials and says what went wrong in one; its lines are for `npm run prove`.
class Tally {
 public:
  explicit Tally(Asked asked) : asked_(std::move(asked)) {}

  bool wanted(int64_t trial) const { return !asked_.only || *asked_.only == trial; }
  std::mt19937_64 random(int64_t trial) const {
    std::seed_seq seeds{asked_.seed, static_cast<uint64_t>(trial)};
    return std::mt19937_64(seeds);
  }

  void right() { ++tried_; }
  void wrong(int64_t trial, const std::string& why) {
    ++tried_;
    if (++wrong_ > kShown) return;  // the rest is counted
    std::printf(
        "wrong: %s, trial %lld: %s\n  again: prove %s --trials %lld --seed %llu --only %lld\n",
        asked_.what.c_str(), static_cast<long long>(trial), why.c_str(), asked_.what.c_str(),
        static_cast<long long>(asked_.trials), static_cast<unsigned long long>(asked_.seed),
        static_cast<long long>(trial));
    std::fflush(stdout);
  }
  // Right unless something is said to be wrong.
  void judge(int64_t trial, const std::optional<std::string>& why) {
    if (why) {
      wrong(trial, *why);
    } else {
      right();
    }
  }
  // One line: what, how many, how many right, and what else was counted.
  void line(const std::string& what, const std::string& details) {
    std::printf("proof: %s: %lld of %lld right%s%s\n", what.c_str(),
                static_cast<long long>(tried_ - wrong_), static_cast<long long>(tried_),
                details.empty() ? "" : "; ", details.c_str());
    std::fflush(stdout);
    all_wrong_ += wrong_;
    all_tried_ += tried_;
    tried_ = wrong_ = 0;
  }
  // Nothing tried proves nothing.
  int status() const { return all_wrong_ == 0 && all_tried_ > 0 ? 0 : 1; }
  const Asked& asked() const { return asked_; }

 private:
  static constexpr int64_t kShown = 10;

  Asked asked_;
  int64_t tried_ = 0, wrong_ = 0, all_tried_ = 0, all_wrong_ = 0;
};

int prove_kills(Zygote& zygote, const Asked& asked);
int prove_calls(Zygote& zygote, const Asked& asked);
int prove_failures(Zygote& zygote, const Asked& asked);
int prove_cuts(Zygote& zygote, const Asked& asked);
int prove_flips(Zygote& zygote, const Asked& asked);

}  // namespace prove
