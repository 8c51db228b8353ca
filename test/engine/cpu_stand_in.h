// A device that computes as the CPU does, for tests to change one thing about.
#pragma once

#include <memory>

#include "engine/device/backend.h"

namespace check {

class CpuStandIn : public thaw::device::Backend {
 public:
  at::Device device() const override { return cpu_->device(); }
  std::shared_ptr<void> enter() const override { return cpu_->enter(); }
  at::Tensor host_buffer(at::IntArrayRef sizes, at::ScalarType type) const override {
    return cpu_->host_buffer(sizes, type);
  }
  at::Tensor upload(const at::Tensor& host, std::shared_ptr<void> lease) const override {
    return cpu_->upload(host, std::move(lease));
  }
  at::Generator generator(uint64_t seed) const override { return cpu_->generator(seed); }
  void synchronize() const override {}
  bool fast_bfloat16() const override { return cpu_->fast_bfloat16(); }
  thaw::device::Kernels default_kernels() const override { return cpu_->default_kernels(); }

 private:
  std::shared_ptr<const thaw::device::Backend> cpu_ = thaw::device::make_backend("cpu");
};

}  // namespace check
