// The CPU as a device that records: a replay does the work again, on the tensors of the recording.
#pragma once

#include <memory>

#include "engine/device/backend.h"

namespace check {

class RepeatingGraph final : public thaw::device::Graph {
 public:
  explicit RepeatingGraph(int* runs) : runs_(runs) {}
  void run(const std::function<void()>& work) override {
    ++*runs_;
    work();
  }
  bool records() const override { return true; }

 private:
  int* runs_;
};

class RecordingBackend : public thaw::device::Backend {
 public:
  at::Device device() const override { return cpu_->device(); }
  std::shared_ptr<void> enter() const override { return cpu_->enter(); }
  at::Tensor host_buffer(at::IntArrayRef sizes, at::ScalarType type) const override {
    return cpu_->host_buffer(sizes, type);
  }
  at::Tensor aside(const std::function<at::Tensor()>& work,
                   std::shared_ptr<void> lease) const override {
    return cpu_->aside(work, std::move(lease));
  }
  at::Generator generator(uint64_t seed) const override { return cpu_->generator(seed); }
  std::unique_ptr<thaw::device::Graph> make_graph(std::optional<at::Generator>) const override {
    ++graphs;
    return std::make_unique<RepeatingGraph>(&runs);
  }
  void synchronize() const override {}
  bool fast_bfloat16() const override { return cpu_->fast_bfloat16(); }

  mutable int runs = 0, graphs = 0;

 private:
  std::shared_ptr<const thaw::device::Backend> cpu_ = thaw::device::make_backend("cpu");
};

}  // namespace check
