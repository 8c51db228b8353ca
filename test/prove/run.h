// Small whole runs, each in a process of its own that is forked from one that has loaded libtorch
// and drawn network and images but has not computed yet, and so has no threads: a run takes
// milliseconds.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "disk.h"
#include "faults.h"

namespace prove {

// Kinds of runs: which layers are trained, how images are augmented, where features are kept.
constexpr int kSettings = 3;
const char* name_of_setting(int setting);

// Where a run stands: whole epochs, and batches of the one under way.
constexpr int64_t place(int64_t epoch, int64_t batch) { return 1000 * epoch + batch; }
std::string text_of(int64_t place);
// That of the newest good checkpoint in a run's folder; nullopt: there is none.
std::optional<int64_t> saved_place(const std::string& folder);

// What a run leaves, beside its folder; in memory that outlives its process.
struct Told {
  std::atomic<bool> began, ended;
  std::atomic<int64_t> start;    // where it began, see Place
  char code[64], message[1024];  // of what it threw
  Op struck;                     // what failed
  Seen seen;
};

struct Outcome {
  bool killed = false;
  int exit = 0;    // status; 0: ended well, 1: threw thaw::Error
  int signal = 0;  // that ended it
  bool ended() const { return exit == 0 && signal == 0; }
  bool threw() const { return exit == 1 && signal == 0; }
  std::string text() const;
};

class Zygote {
 public:
  // Draws networks and images. Folders of runs are made below `folder`.
  explicit Zygote(std::string folder);
  ~Zygote();
  Zygote(const Zygote&) = delete;
  Zygote& operator=(const Zygote&) = delete;

  std::string folder(const std::string& name) const { return folder_ + "/" + name; }
  // Trains in `folder`, going on from a checkpoint there, saves the model and the history, and is
  // killed after `microseconds` where that is not 0.
  Outcome run(int setting, const std::string& folder, Plan plan = {}, int64_t microseconds = 0);
  // Of the last run.
  const Told& told() const { return *told_; }
  std::string said() const;  // on standard error
  int64_t microseconds() const { return microseconds_; }

 private:
  struct Drawn;
  void train(int setting, const std::string& folder);
  Outcome wait(int child, int64_t microseconds);

  std::string folder_;
  Told* told_;
  std::unique_ptr<Drawn> drawn_;
  int64_t microseconds_ = 0;
};

// What an uninterrupted run leaves.
struct Expected {
  std::string model, history;
  std::set<std::string> names;  // of the files in its folder
  int64_t microseconds = 0;
};
Expected expected(Zygote& zygote, int setting);

// What is wrong with the folder of a run that ended; nullopt: nothing.
std::optional<std::string> difference(const Expected& expected, const std::string& folder);
// What is wrong with the folder of a run that was ended: model and history are whole or absent.
std::optional<std::string> torn(const Expected& expected, const std::string& folder);

}  // namespace prove
