// Hands the samples of an epoch out to threads and the finished batches to the consumer, in order,
// within a bounded number of reused buffers. Knows nothing of images.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/torch.h"

namespace thaw::data {

struct BatchBuffer {
  at::Tensor images;  // [batch size, ...]
};

class BatchQueue;

struct SampleFailure {
  std::string code;
  std::string reason;
};

// A batch from its first sample to the consumer's last use: its end gives the buffer back.
struct BatchWork {
  BatchWork(std::shared_ptr<BatchQueue> queue, BatchBuffer buffer);
  ~BatchWork();
  BatchWork(const BatchWork&) = delete;
  BatchWork& operator=(const BatchWork&) = delete;

  uint8_t* row(int64_t index) const;  // where a sample goes

  int64_t epoch = 0;
  std::vector<int64_t> samples;
  std::vector<uint8_t> left_out;                       // by sample: known to be unreadable already
  std::vector<std::optional<SampleFailure>> failures;  // by sample
  BatchBuffer buffer;

 private:
  friend class BatchQueue;
  void skip_to(
      int64_t index);  // the next sample to hand out is the first from `index` not left out
  bool claimed() const { return unclaimed_ == static_cast<int64_t>(samples.size()); }

  const std::shared_ptr<BatchQueue> queue_;
  int64_t unclaimed_ = 0;  // index of the next sample to hand out
  int64_t remaining_ = 0;  // samples not finished
};

// One lock for everything. Since the end of a BatchWork takes it as well, no method drops what may
// be the last owner of one while it holds the lock.
class BatchQueue : public std::enable_shared_from_this<BatchQueue> {
 public:
  struct Task {
    std::shared_ptr<BatchWork> work;
    int64_t index;
  };

  // `buffers` are allocated at once, by this thread.
  BatchQueue(std::function<BatchBuffer()> allocate, int64_t buffers, int64_t samples);

  // Abandons what is under way and begins `order` at `position`.
  void start(int64_t epoch, std::vector<int64_t> order, int64_t position, int64_t batch_size);

  // For the threads. A task, waiting for one; nothing once stopped.
  std::optional<Task> take();
  void finish(Task task, std::optional<SampleFailure> failure);
  // Something that is no image's fault (no memory): pop() throws it.
  void break_off(Task task, std::exception_ptr error);

  // For the consumer. The next batch in order, waiting for it; null at the end of the epoch.
  std::shared_ptr<BatchWork> pop();
  void leave_out(int64_t sample);  // in batches that are begun from now on

  void stop();  // wakes the threads for good

 private:
  friend struct BatchWork;
  bool begin_batch();
  void give_back(BatchBuffer buffer);

  std::mutex mutex_;
  std::condition_variable wanted_;  // threads wait: samples or free buffers came, or the end
  std::condition_variable filled_;  // the consumer waits: a batch is complete
  const std::function<BatchBuffer()> allocate_;
  std::vector<BatchBuffer> free_;
  int64_t total_;                                   // buffers that exist
  int64_t lent_ = 0;                                // of them, with the consumer
  std::deque<std::shared_ptr<BatchWork>> pending_;  // begun, in order
  std::shared_ptr<BatchWork> current_;  // the last of them, while it has unclaimed samples
  std::vector<uint8_t> left_out_;       // by sample
  std::vector<int64_t> order_;
  int64_t epoch_ = 0;
  int64_t batch_size_ = 1;
  size_t position_ = 0;  // in order_, of the next batch to begin
  std::exception_ptr error_;
  bool stopped_ = false;
};

}  // namespace thaw::data
