// Reads, decodes, resizes, augments and batches on threads of its own, ahead of the training step.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/data/augment.h"
#include "engine/data/dataset.h"
#include "engine/data/decode.h"
#include "engine/data/file_stamps.h"
#include "engine/data/preprocessing.h"
#include "engine/data/sample.h"
#include "engine/data/unreadable.h"
#include "engine/torch.h"

namespace thaw::data {

struct LoaderOptions {
  int64_t batch_size = 32;
  Preprocessing preprocessing;
  Augmentation augmentation = Augmentation::kNone;
  // So many different views of an image, used in turns from epoch to epoch; 0: a new one each
  // epoch.
  int64_t views = 0;
  bool shuffle = false;
  bool drop_unreadable = true;  // false: the first unreadable image throws (predict)
  uint64_t seed = 0;
  int threads = 0;  // 0: as many as cores
  int prefetch_batches = 3;
  // With how many unreadable images it goes on, together with the other loaders that share this.
  // Null: as many as there are; then a data set may also lack readable ones.
  std::shared_ptr<UnreadableLimit> limit;
  DecodeOptions decode;
  SeenContents seen;
  // Allocates the reused batch buffers; pinned on CUDA. Called by the threads that construct and
  // consume. Null: plain CPU memory.
  std::function<at::Tensor(at::IntArrayRef sizes, at::ScalarType dtype)> allocate;
};

// A batch borrows a buffer of the loader; destroying (or moving from) it gives the buffer back.
struct Batch {
  at::Tensor images;             // [n, H, W, 3] uint8, or float32 for preprocessed pixels
  std::vector<int64_t> samples;  // indices into the data set, unreadable ones left out
  std::shared_ptr<void> lease;   // hold it as long as `images` is in use
};

// One thread constructs, starts and consumes. Memory is that of the buffers (prefetch_batches + 1,
// and one more for each batch that the consumer keeps beyond that) and of one image a thread.
class Loader {
 public:
  // Throws ERR_INVALID_ARGUMENT.
  Loader(std::shared_ptr<const Dataset> dataset, LoaderOptions options);
  ~Loader();  // stops and joins the threads; batches that are still held stay valid
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  int64_t batches_per_epoch() const;

  // Begins an epoch (any number, in any order), abandoning one that is under way: its permutation
  // is a function of (seed, epoch). `first_batch` skips that many batches without decoding them
  // (resuming).
  void start_epoch(int64_t epoch, int64_t first_batch = 0);

  // Tries to read these samples, known to be unreadable, and finds out why.
  void find_reasons(const std::vector<int64_t>& samples);

  // These are unreadable, as an earlier loader has found: they are not tried again.
  void leave_out(const std::vector<UnreadableImage>& images);

  // The next batch in order, waiting for it; nullopt at the end of the epoch. Batches whose every
  // image was unreadable come with n = 0. Throws ERR_TOO_MANY_BAD_IMAGES, ERR_DATA_EMPTY where none
  // can be read, or without drop_unreadable the first image's own error; each ends the epoch.
  std::optional<Batch> next();

  // Seconds that next() has waited, since construction.
  double seconds_waited() const;

  // Found so far, by sample: in the batches that next() has given, not in those decoded ahead, so
  // that it does not depend on timing. They are not tried again in later epochs.
  std::vector<UnreadableImage> unreadable() const;

  // Files that are no longer what they were when they were first read, unreadable ones left out.
  std::vector<ChangedImage> changed() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The order of an epoch's samples: a permutation of 0..n-1, function of (seed, epoch) alone.
std::vector<int64_t> epoch_order(int64_t n, bool shuffle, uint64_t seed, uint64_t epoch);

}  // namespace thaw::data
