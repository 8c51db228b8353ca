#include "engine/data/loader.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <thread>

#include "engine/data/batch_queue.h"
#include "engine/data/damage_notes.h"
#include "engine/data/decoders.h"
#include "engine/data/loader_checks.h"
#include "engine/data/sample.h"
#include "engine/device/threads.h"
#include "engine/error.h"
#include "engine/notice.h"

namespace thaw::data {

struct Loader::State {
  State(std::shared_ptr<const Dataset> dataset, LoaderOptions options);
  ~State() {
    queue->stop();
    for (std::thread& thread : threads) thread.join();
  }

  BatchBuffer allocate() const;
  void work();
  void record(const BatchWork& work);
  void leave_out(int64_t sample, const SampleFailure& failure);
  int64_t row_bytes() const;
  void check_bad_images() const;
  Batch to_batch(std::shared_ptr<BatchWork> work) const;

  const std::shared_ptr<const Dataset> dataset;
  const LoaderOptions options;
  const int64_t samples;
  const int64_t rows;  // of a full batch
  double seconds_waited = 0;
  std::map<int64_t, UnreadableImage> unreadable;
  DamageNotes damage;
  FileStamps stamps;
  std::shared_ptr<BatchQueue> queue;
  std::vector<std::thread> threads;
};

Loader::State::State(std::shared_ptr<const Dataset> dataset_, LoaderOptions options_)
    : dataset(std::move(dataset_)),
      options(std::move(options_)),
      samples(dataset->size()),
      rows(std::min(options.batch_size, samples)),
      stamps(*dataset) {
  const int64_t batches = (samples + options.batch_size - 1) / options.batch_size;
  // One more than is prefetched: the one that the consumer works on.
  const int64_t buffers = std::min<int64_t>(batches, std::max(options.prefetch_batches, 1) + 1);
  queue = std::make_shared<BatchQueue>([this] { return allocate(); }, buffers, samples);
  const int64_t cores = std::max<int64_t>(std::thread::hardware_concurrency(), 1);
  const int64_t wanted = std::min(samples, options.threads > 0 ? options.threads : cores);
  try {
    for (int64_t i = 0; i < wanted; ++i) threads.emplace_back([this] { work(); });
  } catch (const std::system_error& error) {
    if (threads.empty()) throw device::no_thread(error);
    notice("Only " + std::to_string(threads.size()) + " of " + std::to_string(wanted) +
           " threads could be started to read images (" + error.code().message() +
           "): reading is slower.");
  }
}

BatchBuffer Loader::State::allocate() const {
  const auto get = [&](at::IntArrayRef sizes, at::ScalarType dtype) {
    return options.allocate ? options.allocate(sizes, dtype) : at::empty(sizes, dtype);
  };
  BatchBuffer buffer;
  const at::Tensor& pixels = dataset->pixels;
  if (pixels.defined() && pixels.scalar_type() == at::kFloat) {
    buffer.images = get({rows, pixels.size(1), pixels.size(2), 3}, at::kFloat);
  } else {
    buffer.images =
        get({rows, options.preprocessing.height, options.preprocessing.width, 3}, at::kByte);
  }
  return buffer;
}

// What each thread does. No at:: operator is called from here on, nor from what it calls: each
// would start an OpenMP team of its own.
void Loader::State::work() {
  std::optional<SampleReader> reader;
  while (std::optional<BatchQueue::Task> task = queue->take()) {
    const BatchWork& work = *task->work;
    const int64_t sample = work.samples[task->index];
    std::optional<SampleFailure> failure;
    try {
      if (!reader) {
        reader.emplace(*dataset, options.preprocessing, options.augmentation, options.decode,
                       options.seen);
      }
      stamps.reading(sample);
      const DrawKey key{options.seed, static_cast<uint64_t>(work.epoch),
                        static_cast<uint64_t>(sample)};
      damage.found(sample, reader->read(key, work.row(task->index)));
    } catch (const Error& error) {
      if (!is_fault_of_image(error)) {
        queue->break_off(std::move(*task), std::current_exception());
        continue;
      }
      failure = {error.code(), error.what()};
    } catch (...) {
      queue->break_off(std::move(*task), std::current_exception());
      continue;
    }
    queue->finish(std::move(*task), std::move(failure));
  }
  end_vips_thread();
}

void Loader::State::record(const BatchWork& work) {
  for (size_t i = 0; i < work.samples.size(); ++i) {
    if (!work.failures[i]) continue;
    const SampleFailure& failure = *work.failures[i];
    if (!options.drop_unreadable) throw Error(failure.code, failure.reason);
    leave_out(work.samples[i], failure);
  }
  check_bad_images();
}

void Loader::State::leave_out(int64_t sample, const SampleFailure& failure) {
  const auto [image, is_new] =
      unreadable.insert({sample, {sample, dataset->name(sample), failure.code, failure.reason}});
  if (is_new && options.limit) options.limit->count(image->second);
  queue->leave_out(sample);
}

void Loader::State::check_bad_images() const {
  if (!options.limit) return;
  options.limit->check();
  if (static_cast<int64_t>(unreadable.size()) < samples) return;
  fail("ERR_DATA_EMPTY", "None of these ", samples,
       " images can be read; the first: ", unreadable.begin()->second.reason);
}

int64_t Loader::State::row_bytes() const {
  const at::Tensor& pixels = dataset->pixels;
  if (pixels.defined() && pixels.scalar_type() == at::kFloat)
    return pixels.stride(0) * static_cast<int64_t>(sizeof(float));
  return options.preprocessing.height * options.preprocessing.width * 3;
}

// Moves the readable samples together.
Batch Loader::State::to_batch(std::shared_ptr<BatchWork> work) const {
  Batch batch;
  const int64_t row_bytes = work->row(1) - work->row(0);
  for (size_t i = 0; i < work->samples.size(); ++i) {
    if (work->left_out[i] || work->failures[i]) continue;
    const auto to = static_cast<int64_t>(batch.samples.size());
    const auto from = static_cast<int64_t>(i);
    if (to != from) std::memcpy(work->row(to), work->row(from), row_bytes);
    batch.samples.push_back(work->samples[i]);
  }
  const auto n = static_cast<int64_t>(batch.samples.size());
  batch.images = work->buffer.images.narrow(0, 0, n);
  batch.lease = std::move(work);
  return batch;
}

Loader::Loader(std::shared_ptr<const Dataset> dataset, LoaderOptions options) {
  check_loader(dataset.get(), options);
  state_ = std::make_unique<State>(std::move(dataset), std::move(options));
}

Loader::~Loader() = default;

int64_t Loader::batches_per_epoch() const {
  return (state_->samples + state_->options.batch_size - 1) / state_->options.batch_size;
}

void Loader::start_epoch(int64_t epoch, int64_t first_batch) {
  const LoaderOptions& options = state_->options;
  if (first_batch < 0 || first_batch > batches_per_epoch()) {
    fail("ERR_INVALID_ARGUMENT", "Expected a first batch of 0 to ", batches_per_epoch(),
         " but received ", first_batch, ".");
  }
  state_->queue->start(
      options.views > 0 ? epoch % options.views : epoch,
      epoch_order(state_->samples, options.shuffle, options.seed, static_cast<uint64_t>(epoch)),
      first_batch * options.batch_size, options.batch_size);
}

void Loader::find_reasons(const std::vector<int64_t>& samples) {
  State& state = *state_;
  SampleReader reader(*state.dataset, state.options.preprocessing, Augmentation::kNone,
                      state.options.decode, state.options.seen);
  std::vector<uint8_t> ignored(static_cast<size_t>(state.row_bytes()));
  for (const int64_t sample : samples) {
    try {
      reader.read({0, 0, static_cast<uint64_t>(sample)}, ignored.data());
    } catch (const Error& error) {
      if (!is_fault_of_image(error)) throw;
      state.leave_out(sample, {error.code(), error.what()});
    }
  }
  state.check_bad_images();
}

void Loader::leave_out(const std::vector<UnreadableImage>& images) {
  for (const UnreadableImage& image : images)
    state_->leave_out(image.sample, {image.code, image.reason});
}

std::optional<Batch> Loader::next() {
  const auto before = std::chrono::steady_clock::now();
  std::shared_ptr<BatchWork> work = state_->queue->pop();
  state_->seconds_waited +=
      std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
  if (!work) {
    state_->damage.tell(*state_->dataset);
    return {};
  }
  try {
    state_->record(*work);
  } catch (const Error&) {
    state_->queue->start(0, {}, 0, 1);
    throw;
  }
  return state_->to_batch(std::move(work));
}

double Loader::seconds_waited() const { return state_->seconds_waited; }

std::vector<ChangedImage> Loader::changed() const {
  std::vector<ChangedImage> changed = state_->stamps.changed();
  std::erase_if(changed,
                [&](const auto& image) { return state_->unreadable.contains(image.sample); });
  return changed;
}

std::vector<UnreadableImage> Loader::unreadable() const {
  std::vector<UnreadableImage> found;
  for (const auto& [sample, image] : state_->unreadable) found.push_back(image);
  return found;
}

}  // namespace thaw::data
