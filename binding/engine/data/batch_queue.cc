#include "engine/data/batch_queue.h"

#include <algorithm>
#include <utility>

namespace thaw::data {

BatchWork::BatchWork(std::shared_ptr<BatchQueue> queue, BatchBuffer buffer)
    : buffer(std::move(buffer)), queue_(std::move(queue)) {}

BatchWork::~BatchWork() { queue_->give_back(std::move(buffer)); }

uint8_t* BatchWork::row(int64_t index) const {
  const at::Tensor& images = buffer.images;
  return static_cast<uint8_t*>(images.data_ptr()) +
         index * images.stride(0) * images.element_size();
}

void BatchWork::skip_to(int64_t index) {
  while (index < static_cast<int64_t>(samples.size()) && left_out[index]) ++index;
  unclaimed_ = index;
}

BatchQueue::BatchQueue(std::function<BatchBuffer()> allocate, int64_t buffers, int64_t samples)
    : allocate_(std::move(allocate)), total_(buffers), left_out_(static_cast<size_t>(samples), 0) {
  for (int64_t i = 0; i < buffers; ++i) free_.push_back(allocate_());
}

void BatchQueue::start(int64_t epoch, std::vector<int64_t> order, int64_t position,
                       int64_t batch_size) {
  // Released after the lock: the last owner of a batch gives its buffer back, which takes the lock.
  std::deque<std::shared_ptr<BatchWork>> abandoned;
  std::shared_ptr<BatchWork> begun;
  {
    const std::lock_guard lock(mutex_);
    abandoned.swap(pending_);
    begun.swap(current_);
    epoch_ = epoch;
    order_ = std::move(order);
    position_ = std::min(static_cast<size_t>(position), order_.size());
    batch_size_ = batch_size;
    error_ = nullptr;
  }
  wanted_.notify_all();
}

// Takes a free buffer for the next samples in order; false if there is no buffer or no sample left.
bool BatchQueue::begin_batch() {
  if (position_ == order_.size() || free_.empty()) return false;
  auto work = std::make_shared<BatchWork>(shared_from_this(), std::move(free_.back()));
  free_.pop_back();
  const size_t end = std::min(order_.size(), position_ + static_cast<size_t>(batch_size_));
  work->epoch = epoch_;
  work->samples.assign(order_.begin() + static_cast<int64_t>(position_),
                       order_.begin() + static_cast<int64_t>(end));
  work->failures.resize(work->samples.size());
  for (int64_t sample : work->samples) {
    work->left_out.push_back(left_out_[sample]);
    work->remaining_ += left_out_[sample] ? 0 : 1;
  }
  position_ = end;
  work->skip_to(0);
  pending_.push_back(work);
  if (work->claimed()) {
    filled_.notify_one();  // every sample of it is left out
  } else {
    current_ = std::move(work);
  }
  return true;
}

std::optional<BatchQueue::Task> BatchQueue::take() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    if (current_) {
      Task task{current_, current_->unclaimed_};
      current_->skip_to(task.index + 1);
      if (current_->claimed()) current_ = nullptr;  // `task` owns it as well
      return task;
    }
    if (!begin_batch()) wanted_.wait(lock);
  }
  return {};
}

void BatchQueue::finish(Task task, std::optional<SampleFailure> failure) {
  {
    const std::lock_guard lock(mutex_);
    task.work->failures[task.index] = std::move(failure);
    if (--task.work->remaining_ == 0) filled_.notify_one();
  }
}

void BatchQueue::break_off(Task task, std::exception_ptr error) {
  {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
    filled_.notify_one();
  }
}

std::shared_ptr<BatchWork> BatchQueue::pop() {
  std::unique_lock lock(mutex_);
  while (true) {
    if (error_) std::rethrow_exception(error_);
    if (!pending_.empty() && pending_.front()->remaining_ == 0) {
      std::shared_ptr<BatchWork> work = std::move(pending_.front());
      pending_.pop_front();
      ++lent_;
      // Counted by what the consumer holds, not by the work's own end: a thread that has just
      // finished its last sample may hold it a moment longer.
      BatchWork* lent = work.get();
      return {lent, [work = std::move(work), queue = shared_from_this()](BatchWork*) {
                const std::lock_guard lock(queue->mutex_);
                --queue->lent_;
              }};
    }
    if (pending_.empty() && position_ == order_.size()) return nullptr;
    if (lent_ == total_) {
      // The consumer has them all and wants one more: to wait might be to wait for itself.
      free_.push_back(allocate_());
      ++total_;
      wanted_.notify_all();
    }
    filled_.wait(lock);
  }
}

void BatchQueue::leave_out(int64_t sample) {
  const std::lock_guard lock(mutex_);
  left_out_[sample] = 1;
}

void BatchQueue::give_back(BatchBuffer buffer) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;  // `buffer` goes, after the lock
    free_.push_back(std::move(buffer));
  }
  wanted_.notify_all();
}

void BatchQueue::stop() {
  std::deque<std::shared_ptr<BatchWork>> abandoned;
  std::shared_ptr<BatchWork> begun;
  std::vector<BatchBuffer> unused;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    abandoned.swap(pending_);
    begun.swap(current_);
    unused.swap(free_);
    order_.clear();
    position_ = 0;
  }
  wanted_.notify_all();
  filled_.notify_all();
}

}  // namespace thaw::data
