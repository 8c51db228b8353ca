// kill -9 at random moments, several times in one run, until so many have been made.
#include <filesystem>

#include "proof.h"

namespace prove {
namespace {

struct Chain {
  int64_t kills = 0;
  std::optional<std::string> wrong;
};

Chain chain(Zygote& zygote, int setting, const Expected& wanted, std::mt19937_64& random) {
  const std::string folder = zygote.folder("killed");
  std::filesystem::remove_all(folder);
  Chain chain;
  int64_t saved = 0;  // where the newest checkpoint stands
  const int64_t most = std::uniform_int_distribution<int64_t>(1, 6)(random);
  for (;;) {
    const int64_t moment =
        std::uniform_int_distribution<int64_t>(1, wanted.microseconds * 11 / 10)(random);
    const Outcome outcome = zygote.run(setting, folder, {}, chain.kills < most ? moment : 0);
    const Told& told = zygote.told();
    if (told.began && told.start != saved) {
      chain.wrong = "it went on from " + text_of(told.start) +
                    ", not from the newest checkpoint, " + text_of(saved);
      return chain;
    }
    if (!outcome.killed) {
      chain.wrong =
          outcome.ended() ? difference(wanted, folder) : outcome.text() + ": " + told.message;
      return chain;
    }
    ++chain.kills;
    if ((chain.wrong = torn(wanted, folder))) return chain;
    const int64_t before = saved;
    saved = saved_place(folder).value_or(0);
    if (saved < before) {
      chain.wrong =
          "its newest checkpoint was of " + text_of(before) + " and is of " + text_of(saved);
      return chain;
    }
  }
}

}  // namespace

int prove_kills(Zygote& zygote, const Asked& asked) {
  Tally tally(asked);
  std::vector<Expected> wanted;
  for (int setting = 0; setting < kSettings; ++setting) wanted.push_back(expected(zygote, setting));
  int64_t kills = 0, longest = 0;
  for (int64_t trial = asked.only.value_or(0); kills < asked.trials; ++trial) {
    std::mt19937_64 random = tally.random(trial);
    const auto setting = static_cast<int>(trial % kSettings);
    const Chain made = chain(zygote, setting, wanted[static_cast<size_t>(setting)], random);
    kills += made.kills;
    longest = std::max(longest, made.kills);
    tally.judge(trial, made.wrong);
    if (asked.only) break;
  }
  tally.line("runs killed at random moments",
             std::to_string(kills) + " kills, at most " + std::to_string(longest) + " in a run");
  return tally.status();
}

}  // namespace prove
