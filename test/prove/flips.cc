// Single flipped bits in what a run keeps: one, drawn, of each byte; of a file's beginning and
// header all of them. Each is noticed, or changes nothing; a result that is silently another one is
// what must not be.
#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "engine/error.h"
#include "engine/features/cache_file.h"
#include "engine/train/checkpoint_store.h"
#include "engine/weights/safetensors.h"
#include "engine/weights/weights.h"
#include "proof.h"

namespace prove {
namespace {

using namespace thaw;
using train::CheckpointStore;

std::string read(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// Bits of the file that are flipped, by number; `trials` at most, evenly over it.
std::vector<size_t> bits_of(const std::string& bytes, int64_t trials, std::mt19937_64 random) {
  uint64_t header = 0;
  std::memcpy(&header, bytes.data(), std::min(bytes.size(), sizeof header));
  const size_t all_of = std::min<uint64_t>(bytes.size(), sizeof header + header);
  std::vector<size_t> bits;
  for (size_t bit = 0; bit < 8 * all_of; ++bit) bits.push_back(bit);
  for (size_t byte = all_of; byte < bytes.size(); ++byte) bits.push_back(8 * byte + random() % 8);
  const size_t step = std::max<size_t>(1, bits.size() / static_cast<size_t>(trials));
  std::vector<size_t> some;
  for (size_t i = 0; i < bits.size(); i += step) some.push_back(bits[i]);
  return some;
}

// How damage came out: an error's code, "passed over", or "" where all was as before.
using Reading = std::function<std::string()>;

class Flips {
 public:
  Flips(Tally& tally, int64_t trials) : tally_(tally), trials_(trials) {}

  // `reading` throws thaw::Error, or says "passed over", or "" where what it reads is as in the
  // whole file, or "another" where it is not.
  void operator()(const char* what, int64_t first_trial, const std::string& file,
                  const Reading& reading) {
    const std::string bytes = read(file);
    if (reading() != "")
      throw std::runtime_error(std::string(what) + " is not read as it was written");
    const int descriptor = ::open(file.c_str(), O_WRONLY);
    int64_t noticed = 0, passed_over = 0, without_effect = 0;
    for (const size_t bit : bits_of(bytes, trials_, tally_.random(first_trial))) {
      const auto trial = first_trial + static_cast<int64_t>(bit);
      if (!tally_.wanted(trial)) continue;
      put(descriptor, bit / 8, std::string(1, static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8))));
      std::string outcome;
      try {
        outcome = reading();
        (outcome.empty() ? without_effect : passed_over)++;
      } catch (const Error& error) {
        ++noticed;
      } catch (const std::exception& error) {
        outcome = std::string("another: ") + error.what();
      }
      if (outcome.starts_with("another")) {
        tally_.wrong(trial, std::string(what) + ", byte " + std::to_string(bit / 8) + ", bit " +
                                std::to_string(bit % 8) + ": " + outcome);
      } else {
        tally_.right();
      }
      // What is damaged may have been begun anew.
      put(descriptor, 0, bytes);
    }
    ::close(descriptor);
    tally_.line(std::string("single flipped bits in ") + what + " of " +
                    std::to_string(bytes.size()) + " bytes",
                std::to_string(noticed) + " refused, " + std::to_string(passed_over) +
                    " passed over (the checkpoint before taken, the row computed anew), " +
                    std::to_string(without_effect) + " without effect");
  }

 private:
  static void put(int descriptor, size_t place, const std::string& bytes) {
    if (pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(place)) !=
        static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error("Bytes cannot be written.");
  }

  Tally& tally_;
  int64_t trials_;
};

bool same(const StateDict& a, const StateDict& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    const auto& [name, tensor] = a[i];
    const auto& [other_name, other] = b[i];
    if (name != other_name || tensor.sizes() != other.sizes() ||
        tensor.scalar_type() != other.scalar_type() ||
        std::memcmp(tensor.const_data_ptr(), other.const_data_ptr(), tensor.nbytes()) != 0)
      return false;
  }
  return true;
}

// What it holds, as the bytes that it would be written as.
std::string written(const train::CheckpointFile& file, const std::string& at) {
  write_checkpoint(at, file.run, file.description, file.checkpoint);
  return read(at);
}

// A features file of a few short rows: one absent, one of an image that cannot be read.
constexpr int64_t kRows = 6, kRowBytes = 96, kAbsent = 2, kUnreadable = 4;

std::string row_of(int64_t row) { return std::string(kRowBytes, static_cast<char>('a' + row)); }

void draw_features(const std::string& path) {
  features::CacheFile file(path, "key", kRows, kRowBytes);
  for (int64_t row = 0; row < kRows; ++row) {
    if (row == kUnreadable) file.put_unreadable(row, std::to_string(row));
    if (row != kAbsent && row != kUnreadable)
      file.put(row, row_of(row).data(), std::to_string(row));
  }
}

// Rows may be lost, never be others.
std::string read_features(const std::string& path) {
  using State = features::CacheFile::State;
  features::CacheFile file(path, "key", kRows, kRowBytes);
  std::string outcome;
  for (int64_t row = 0; row < kRows; ++row) {
    std::string bytes(kRowBytes, 0);
    if (file.state(row) == State::kPresent && file.read({row}, bytes.data()).empty()) {
      if (row == kAbsent || row == kUnreadable || bytes != row_of(row)) return "another row";
    } else if (file.state(row) == State::kUnreadable) {
      if (row != kUnreadable) return "another: a row that can be read";
    } else if (row != kAbsent) {
      outcome = "passed over";
    }
  }
  return outcome;
}

}  // namespace

int prove_flips(Zygote& zygote, const Asked& asked) {
  Tally tally(asked);
  Flips flips(tally, asked.trials);
  constexpr int64_t kFile = 1'000'000'000'000;  // trials of a file
  const std::string folder = zygote.folder("flipped"), checkpoints = folder + "/checkpoint",
                    again = zygote.folder("again");
  std::filesystem::remove_all(folder);
  if (!zygote.run(0, folder).ended()) throw std::runtime_error("An uninterrupted run failed.");
  CheckpointStore store(checkpoints);

  const auto newest = store.newest();
  const std::string wanted = written(newest->file, again);
  std::string older;  // path of the one before
  for (const auto& [path, bytes] : read_image(checkpoints)) {
    const std::string full = checkpoints + "/" + path;
    if (full < newest->path) older = full;
  }
  flips("a checkpoint", 0, newest->path, [&]() -> std::string {
    const auto found = store.newest();
    if (found->path != newest->path)
      return found->path == older && found->damaged.size() == 1 ? "passed over" : "another file";
    return written(found->file, again) == wanted ? "" : "another";
  });
  std::filesystem::remove(older);
  flips("the only checkpoint", kFile, newest->path, [&]() -> std::string {
    const auto found = store.newest();
    return found && written(found->file, again) == wanted ? "" : "another";
  });

  const auto model = store.model();
  flips("what is frozen", 2 * kFile, checkpoints + "/frozen.safetensors", [&]() -> std::string {
    return same(store.model().file.tensors, model.file.tensors) ? "" : "another";
  });

  const std::string file = folder + "/model.safetensors";
  const weights::WeightsFile whole = weights::read_weights(file);
  flips("a model", 3 * kFile, file, [&]() -> std::string {
    const weights::WeightsFile found = weights::read_weights(file);
    return same(found.tensors, whole.tensors) && found.metadata == whole.metadata ? "" : "another";
  });

  const std::string features = folder + "/drawn.features";
  draw_features(features);
  flips("a features file", 4 * kFile, features, [&] { return read_features(features); });
  return tally.status();
}

}  // namespace prove
