// Power cuts after every call of a run, or of one that was killed and went on: each state that
// disk.h draws is resumed.
#include <filesystem>
#include <set>

#include "proof.h"

namespace prove {
namespace {

std::string text(const Image& image) {
  std::string all;
  for (const auto& [path, bytes] : image)
    all += path + '\0' + (bytes ? std::to_string(bytes->size()) + '\0' + *bytes : "/") + '\0';
  return all;
}

class Cuts {
 public:
  Cuts(Zygote& zygote, Tally& tally, int setting)
      : zygote_(zygote), tally_(tally), setting_(setting), wanted_(expected(zygote, setting)) {}

  // A trace of a run that is killed once, in its middle, and goes on.
  std::vector<Record> trace() {
    const std::string folder = zygote_.folder("traced"), file = zygote_.folder("trace");
    std::filesystem::remove_all(folder);
    std::filesystem::remove(file);
    zygote_.run(setting_, folder, {.trace = file.c_str()});
    const int64_t calls = zygote_.told().seen.calls;
    std::filesystem::remove_all(folder);
    std::filesystem::remove(file);
    zygote_.run(setting_, folder, {.trace = file.c_str(), .kill_at = calls / 2});
    zygote_.run(setting_, folder, {.trace = file.c_str()});
    return read_trace(file);
  }

  // Of the states after each call all that is there, what was brought to the disk alone, and drawn
  // ones; where that is too much for so many trials, after some calls alone.
  void operator()(int64_t first_trial, int64_t trials) {
    const std::string folder = zygote_.folder("traced");
    Disk disk(folder);
    std::set<int64_t> syncing;  // handles of the checkpoints' folder
    const std::vector<Record> records = trace();
    const auto all = static_cast<int64_t>(records.size());
    const int64_t step = std::max<int64_t>(1, 4 * all / trials);
    const int64_t states = std::max<int64_t>(4, trials / all);
    for (int64_t point = 0; point < all; ++point) {
      const Record& record = records[static_cast<size_t>(point)];
      disk.apply(record);
      if (record.op == Op::kOpen) {
        syncing.erase(record.handle);
        if (record.path == folder + "/checkpoint") syncing.insert(record.handle);
      }
      // What a folder's fsync has brought to the disk is not lost again.
      if (record.op == Op::kSync && syncing.contains(record.handle)) durable_ = place_of(disk);
      if (point % step != 0) continue;
      ++points_;
      for (int64_t state = 0; state < states; ++state) {
        const int64_t trial = first_trial + point * 1000 + state;
        std::mt19937_64 random = tally_.random(trial);
        const Disk::Cut cut = state == 0   ? Disk::Cut::kEverything
                              : state == 1 ? Disk::Cut::kNothing
                                           : Disk::Cut::kSome;
        try_one(trial, disk.after(cut, random));
      }
    }
  }

  int64_t points_ = 0, states_ = 0, from_nothing_ = 0;

 private:
  int64_t place_of(const Disk& disk) const {
    std::mt19937_64 random;
    const std::string folder = zygote_.folder("durable");
    write_image(disk.after(Disk::Cut::kEverything, random), folder);
    return saved_place(folder).value_or(0);
  }

  void try_one(int64_t trial, const Image& image) {
    if (!tally_.wanted(trial)) return;
    const size_t hash = std::hash<std::string>()(text(image));
    const auto seen = starts_.find(hash);
    if (seen != starts_.end()) {
      start_ = seen->second;
      if (start_ < durable_) tally_.wrong(trial, lost());
      return;
    }
    ++states_;
    const std::string folder = zygote_.folder("cut");
    write_image(image, folder);
    const Outcome outcome = zygote_.run(setting_, folder);
    const Told& told = zygote_.told();
    start_ = starts_[hash] = told.start;
    from_nothing_ += start_ == 0;
    const std::string name = std::string(name_of_setting(setting_)) + ": ";
    if (!outcome.ended())
      return tally_.wrong(trial, name + outcome.text() + ": " + told.code + " " + told.message);
    if (start_ < durable_) return tally_.wrong(trial, name + lost());
    const auto wrong = difference(wanted_, folder);
    tally_.judge(trial, wrong ? name + *wrong : wrong);
  }

  std::string lost() const {
    return "it went on from " + text_of(start_) + " though the checkpoint of " + text_of(durable_) +
           " was on the disk";
  }

  Zygote& zygote_;
  Tally& tally_;
  int setting_;
  const Expected wanted_;
  std::set<int64_t> synced_;          // handles of the checkpoints' folder
  std::map<size_t, int64_t> starts_;  // where runs went on from, by the state's hash
  int64_t start_ = 0, durable_ = 0;
};

}  // namespace

int prove_cuts(Zygote& zygote, const Asked& asked) {
  Tally tally(asked);
  int64_t points = 0, states = 0, from_nothing = 0;
  for (int setting = 0; setting < kSettings; ++setting) {
    Cuts cuts(zygote, tally, setting);
    cuts(setting * int64_t{100000000}, std::max<int64_t>(1, asked.trials / kSettings));
    points += cuts.points_;
    states += cuts.states_;
    from_nothing += cuts.from_nothing_;
  }
  tally.line("states of a disk after a power cut",
             "after " + std::to_string(points) + " calls, " + std::to_string(states) +
                 " different ones, " + std::to_string(from_nothing) +
                 " of them before a first checkpoint");
  return tally.status();
}

}  // namespace prove
