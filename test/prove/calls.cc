// A run ended in, or failed by, every one of its calls for its files: all trials are numbered
// setting, call, kind.
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>

#include "proof.h"

namespace prove {
namespace {

constexpr int64_t kLargest = 100000;  // calls of a run

Seen seen_by(Zygote& zygote, int setting) {
  const std::string folder = zygote.folder("counted");
  std::filesystem::remove_all(folder);
  zygote.run(setting, folder);
  return zygote.told().seen;
}

// The next run ends well, and as if nothing had been.
std::optional<std::string> goes_on(Zygote& zygote, int setting, const Expected& wanted,
                                   const std::string& folder) {
  if (const auto wrong = torn(wanted, folder)) return wrong;
  const Outcome again = zygote.run(setting, folder);
  if (!again.ended())
    return "resumed, it " + again.text() + ": " + zygote.told().code + " " + zygote.told().message;
  return difference(wanted, folder);
}

// What may be thrown where a call fails: it says the file and has a code.
std::optional<std::string> told_well(const Told& told, int error) {
  const std::string code = told.code, message = told.message;
  if (told.struck == Op::kMemory) return {};
  if (!code.starts_with("ERR_")) return "it threw " + code + ": " + message;
  if (error == ENOSPC && told.struck == Op::kWrite && code != "ERR_DISK_FULL")
    return "a full disk is called " + code + ": " + message;
  return {};
}

class Failing {
 public:
  Failing(Zygote& zygote, Tally& tally, int setting, const Expected& wanted)
      : zygote_(zygote), tally_(tally), setting_(setting), wanted_(wanted) {}

  void operator()(int64_t trial, Plan plan) {
    if (!tally_.wanted(trial)) return;
    const std::string folder = zygote_.folder("failed");
    std::filesystem::remove_all(folder);
    const Outcome outcome = zygote_.run(setting_, folder, plan);
    const Told& told = zygote_.told();
    if (told.struck == Op::kNone && outcome.ended()) return;  // a call that cannot fail so
    const std::string how = std::string(name_of_setting(setting_)) + ", " + name_of(told.struck) +
                            " failed (" + (plan.error ? std::strerror(plan.error) : "half of it") +
                            "): ";
    ++struck_[told.struck];
    if (!outcome.ended() && !outcome.threw())
      return tally_.wrong(trial, how + "it " + outcome.text());
    std::optional<std::string> wrong =
        outcome.ended() ? difference(wanted_, folder) : told_well(told, plan.error);
    if (!wrong && outcome.threw()) {
      ++threw_;
      wrong = goes_on(zygote_, setting_, wanted_, folder);
    }
    if (wrong) return tally_.wrong(trial, how + *wrong);
    tally_.right();
  }

  std::map<Op, int64_t> struck_;
  int64_t threw_ = 0;

 private:
  Zygote& zygote_;
  Tally& tally_;
  int setting_;
  const Expected& wanted_;
};

}  // namespace

int prove_calls(Zygote& zygote, const Asked& asked) {
  Tally tally(asked);
  const std::string folder = zygote.folder("ended");
  int64_t torn_ones = 0;
  for (int setting = 0; setting < kSettings; ++setting) {
    const Expected wanted = expected(zygote, setting);
    const int64_t calls = seen_by(zygote, setting).calls;
    const int64_t step = std::max<int64_t>(1, calls * 2 * kSettings / asked.trials);
    for (int64_t i = setting; i < 2 * calls; i += step) {
      const int64_t trial = setting * kLargest + i;
      if (!tally.wanted(trial)) continue;
      std::filesystem::remove_all(folder);
      const Outcome outcome = zygote.run(setting, folder, {.kill_at = i / 2, .torn = i % 2 == 1});
      torn_ones += i % 2;
      tally.judge(trial, outcome.killed || outcome.ended()
                             ? goes_on(zygote, setting, wanted, folder)
                             : outcome.text() + ": " + zygote.told().message);
    }
  }
  tally.line("runs ended at one call for a file",
             std::to_string(torn_ones) + " after half of a write");
  return tally.status();
}

int prove_failures(Zygote& zygote, const Asked& asked) {
  constexpr int kErrors[] = {ENOSPC, EIO, EINTR, 0};
  Tally tally(asked);
  std::map<Op, int64_t> struck;
  int64_t threw = 0;
  for (int setting = 0; setting < kSettings; ++setting) {
    const Expected wanted = expected(zygote, setting);
    const Seen seen = seen_by(zygote, setting);
    Failing failing(zygote, tally, setting, wanted);
    const int64_t all = 4 * seen.calls + seen.memory + seen.threads;
    const int64_t step = std::max<int64_t>(1, all * kSettings / asked.trials);
    for (int64_t i = setting; i < all; i += step) {
      const int64_t rest = i - 4 * seen.calls;
      Plan plan;
      if (rest < 0) {
        plan = {.fail_at = i / 4, .error = kErrors[i % 4]};
      } else if (rest < seen.memory) {
        plan = {.error = ENOMEM, .memory_at = rest};
      } else {
        plan = {.error = EAGAIN, .thread_at = rest - seen.memory};
      }
      failing(setting * kLargest + i, plan);
    }
    for (const auto& [op, count] : failing.struck_) struck[op] += count;
    threw += failing.threw_;
  }
  std::string details = std::to_string(threw) + " ended in an error and went on;";
  for (const auto& [op, count] : struck)
    details += std::string(" ") + name_of(op) + " " + std::to_string(count);
  tally.line("runs in which one call failed", details);
  return tally.status();
}

}  // namespace prove
