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
      device_(device),
      values_(at::empty({layout_.rows, elements(layout_.shape)},
                        at::TensorOptions().dtype(layout_.type).device(device))),
      states_(static_cast<size_t>(layout_.rows), State::kAbsent) {}

ActivationCache::ActivationCache(Layout layout, std::unique_ptr<CacheFile> file)
    : layout_(std::move(layout)), place_(Place::kDisk), device_(at::kCPU), file_(std::move(file)) {}

CacheFile::State ActivationCache::state(int64_t row) const {
  return file_ ? file_->state(row) : states_[static_cast<size_t>(row)];
}

void ActivationCache::mark_unreadable(int64_t row, const std::string& contents) {
  if (file_) return file_->put_unreadable(row, contents);
  states_[static_cast<size_t>(row)] = State::kUnreadable;
}

void ActivationCache::forget(int64_t row) {
  if (file_) return file_->forget(row);
  states_[static_cast<size_t>(row)] = State::kAbsent;
}

bool ActivationCache::complete(int64_t first, int64_t count) const {
  for (int64_t row = first; row < first + count; ++row) {
    if (state(row) == State::kAbsent) return false;
  }
  return true;
}

void ActivationCache::put(const std::vector<int64_t>& rows, const at::Tensor& features,
                          const std::vector<std::string>& contents) {
  at::NoGradGuard no_grad;
  const at::Tensor ordered = features.dim() == 4 ? features.permute({0, 2, 3, 1}) : features;
  const at::Tensor flat = ordered.reshape({features.size(0), -1}).to(device_);
  if (!file_) {
    values_.index_copy_(0, device::send(at::tensor(rows, at::kLong), device_), flat);
    for (const int64_t row : rows) states_[static_cast<size_t>(row)] = State::kPresent;
    return;
  }
  const at::Tensor packed = flat.to(layout_.type).contiguous();
  const auto* bytes = static_cast<const uint8_t*>(packed.const_data_ptr());
  for (size_t i = 0; i < rows.size(); ++i) {
    file_->put(rows[i], bytes + static_cast<int64_t>(i) * layout_.row_bytes(),
               contents.empty() ? "" : contents[i]);
  }
}

ActivationCache::Found ActivationCache::get(const at::Tensor& rows) {
  at::NoGradGuard no_grad;
  Found found;
  at::Tensor flat;
  if (file_) {
    flat = at::empty({rows.size(0), elements(layout_.shape)}, layout_.type);
    const auto* first = rows.const_data_ptr<int64_t>();
    found.damaged = file_->read({first, first + rows.size(0)}, flat.mutable_data_ptr());
  } else {
    flat = values_.index_select(0, rows);
  }
  const std::vector<int64_t>& shape = layout_.shape;
  found.features = shape.size() == 1
                       ? flat
                       : flat.view({-1, shape[1], shape[2], shape[0]}).permute({0, 3, 1, 2});
  return found;
}

void ActivationCache::announce(const std::vector<int64_t>& rows) const {
  if (file_) file_->will_need(rows);
}

}  // namespace thaw::features
