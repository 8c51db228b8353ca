#include "engine/features/cache.h"

#include <numeric>

#include "engine/device/send.h"

namespace thaw::features {
namespace {

int64_t elements(const std::vector<int64_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

}  // namespace

int64_t ActivationCache::Layout::row_bytes() const {
  return elements(shape) * static_cast<int64_t>(c10::elementSize(type));
}

ActivationCache::ActivationCache(Layout layout, at::Device device)
    : layout_(std::move(layout)),
      place_(device.is_cpu() ? Place::kMemory : Place::kDevice),
      values_(at::empty({layout_.rows, elements(layout_.shape)},
                        at::TensorOptions().dtype(layout_.type).device(device))),
      states_(at::zeros({layout_.rows}, at::kByte)) {}

ActivationCache::ActivationCache(Layout layout, std::unique_ptr<CacheFile> file)
    : layout_(std::move(layout)),
      place_(Place::kDisk),
      file_(std::move(file)),
      values_(file_->rows().view(layout_.type)),
      states_(file_->states()) {}

void ActivationCache::mark_unreadable(int64_t row, const std::string& contents) {
  if (file_) file_->name(row, contents);
  set_state(row, kUnreadable);
}

bool ActivationCache::complete(int64_t first, int64_t count) const {
  for (int64_t row = first; row < first + count; ++row) {
    if (state(row) == kAbsent) return false;
  }
  return true;
}

void ActivationCache::put(const std::vector<int64_t>& rows, const at::Tensor& features,
                          const std::vector<std::string>& contents) {
  at::NoGradGuard no_grad;
  const at::Tensor ordered = features.dim() == 4 ? features.permute({0, 2, 3, 1}) : features;
  const at::Tensor flat = ordered.reshape({features.size(0), -1}).to(values_.device());
  values_.index_copy_(0, device::send(at::tensor(rows, at::kLong), values_.device()), flat);
  if (file_) {
    file_->seal(rows, flat.contiguous().view(at::kByte));
    for (size_t i = 0; i < contents.size(); ++i) file_->name(rows[i], contents[i]);
  }
  // Last: what is marked as present has been written.
  for (const int64_t row : rows) set_state(row, kPresent);
}

at::Tensor ActivationCache::get(const at::Tensor& rows) const {
  at::NoGradGuard no_grad;
  const at::Tensor flat = values_.index_select(0, rows);
  const std::vector<int64_t>& shape = layout_.shape;
  if (shape.size() == 1) return flat;
  return flat.view({-1, shape[1], shape[2], shape[0]}).permute({0, 3, 1, 2});
}

void ActivationCache::announce(const std::vector<int64_t>& rows) const {
  if (file_) file_->will_need(rows);
}

}  // namespace thaw::features
