// prove WHAT [--trials N] [--seed S] [--only TRIAL]: runs that are killed, cut off and damaged end
// as if they had not been. Exit 1 where one does not. Works below TMPDIR.
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <functional>
#include <map>

#include "proof.h"

int main(int count, char** arguments) {
  using namespace prove;
  const std::map<std::string, std::function<int(Zygote&, const Asked&)>> proofs = {
      {"kills", prove_kills},
      {"calls", prove_calls},
      {"failures", prove_failures},
      {"cuts", prove_cuts},
      {"flips", prove_flips}};
  const auto found = proofs.find(count > 1 ? arguments[1] : "");
  if (found == proofs.end() || count % 2 != 0) {
    std::fputs("prove kills|calls|failures|cuts|flips [--trials N] [--seed S] [--only TRIAL]\n",
               stderr);
    return 2;
  }
  Asked asked;
  asked.what = found->first;
  for (int i = 2; i < count; i += 2) {
    const int64_t value = std::atoll(arguments[i + 1]);
    if (std::strcmp(arguments[i], "--trials") == 0) {
      asked.trials = value;
    } else if (std::strcmp(arguments[i], "--seed") == 0) {
      asked.seed = static_cast<uint64_t>(value);
    } else if (std::strcmp(arguments[i], "--only") == 0) {
      asked.only = value;
    } else {
      std::fprintf(stderr, "There is no option %s.\n", arguments[i]);
      return 2;
    }
  }
  const auto folder =
      std::filesystem::temp_directory_path() / ("thaw-prove-" + std::to_string(getpid()));
  int status = 1;
  try {
    Zygote zygote(folder.string());
    status = found->second(zygote, asked);
  } catch (const std::exception& error) {
    std::printf("wrong: %s: %s\n", asked.what.c_str(), error.what());
  }
  // What went wrong is left to be looked at.
  if (status == 0) std::filesystem::remove_all(folder);
  return status;
}
