// Decodes what a loader's threads have left encoded, and makes the views of it, on a device.
#pragma once

#include <memory>
#include <vector>

#include "engine/data/encoded_view.h"
#include "engine/device/backend.h"

namespace thaw::data {

class DeviceDecoding {
 public:
  // Null where the device decodes no JPEG files, or a file drawn for the purpose not as the CPU
  // does.
  static std::shared_ptr<DeviceDecoding> make(std::shared_ptr<const device::Backend> backend);

  // uint8 [k, height, width, 3] on the device: the views that could be made, in order; `made` says
  // which. Aside from what the calling thread has started; `lease` holds the files until then.
  at::Tensor views(const std::vector<const EncodedView*>& encoded, std::vector<uint8_t>& made,
                   std::shared_ptr<void> lease) const;

  // A batch on the device of rows on the host and `views`, which stand at `positions` of it.
  at::Tensor join(const at::Tensor& rows, at::Tensor views, const std::vector<int64_t>& positions,
                  std::shared_ptr<void> lease) const;

 private:
  explicit DeviceDecoding(std::shared_ptr<const device::Backend> backend);
  bool agrees_with_cpu() const;

  const std::shared_ptr<const device::Backend> backend_;
  const std::shared_ptr<device::JpegDecoder> decoder_;
};

}  // namespace thaw::data
