#include "engine/data/device_decoding.h"

#include "engine/data/decode.h"
#include "engine/data/device_views.h"
#include "engine/data/encode.h"
#include "engine/data/orientation.h"
#include "engine/device/send.h"
#include "engine/notice.h"

namespace thaw::data {

namespace {

// Pixels of files that are decoded at a time: bounds the device's memory, 3 bytes for each.
constexpr int64_t kPixelsAtATime = 64 << 20;

// Decoders round differently, and interpolate colours differently at edges. The drawn file has
// none.
constexpr double kMeanDifference = 2, kLargestDifference = 16;

at::Tensor upright(at::Tensor pixels, int orientation) {
  const Turn turn(orientation);
  if (turn.flips_rows) pixels = pixels.flip(0);
  if (turn.flips_columns) pixels = pixels.flip(1);
  return turn.swaps_sides ? pixels.transpose(0, 1) : pixels;
}

// A smooth picture whose colours change everywhere, as a JPEG file.
std::vector<uint8_t> drawn_file() {
  constexpr int64_t kHeight = 96, kWidth = 128;
  std::vector<uint8_t> rgb;
  for (int64_t y = 0; y < kHeight; ++y) {
    for (int64_t x = 0; x < kWidth; ++x) {
      for (const int64_t value : {2 * x, 2 * y, 255 - x - y}) {
        rgb.push_back(static_cast<uint8_t>(value));
      }
    }
  }
  return encode_jpeg({rgb.data(), kHeight, kWidth, kWidth * 3});
}

}  // namespace

DeviceDecoding::DeviceDecoding(std::shared_ptr<const device::Backend> backend)
    : backend_(std::move(backend)), decoder_(backend_->jpeg_decoder()) {}

std::shared_ptr<DeviceDecoding> DeviceDecoding::make(
    std::shared_ptr<const device::Backend> backend) {
  std::shared_ptr<DeviceDecoding> decoding(new DeviceDecoding(std::move(backend)));
  return decoding->decoder_ && decoding->agrees_with_cpu() ? decoding : nullptr;
}

bool DeviceDecoding::agrees_with_cpu() const {
  const std::vector<uint8_t> file = drawn_file();
  const std::optional<JpegHeader> header = plain_jpeg(file, {});
  if (!header) return false;  // nothing would be left to the device
  const at::Tensor expected = decode_image(file, "a drawn file", {}).to(at::kFloat);
  const at::Tensor actual = decoder_->decode({{file, header->height, header->width}})[0];
  if (!actual.defined()) {
    notice("JPEG files are decoded on the CPU: " + decoder_->name() + " cannot read a drawn one.");
    return false;
  }
  const at::Tensor difference = (actual.to(at::kCPU, at::kFloat) - expected).abs();
  if (difference.mean().item<double>() <= kMeanDifference &&
      difference.max().item<double>() <= kLargestDifference) {
    return true;
  }
  notice("JPEG files are decoded on the CPU: " + decoder_->name() +
         " gives other pixels of a drawn one.");
  return false;
}

at::Tensor DeviceDecoding::views(const std::vector<const EncodedView*>& encoded,
                                 std::vector<uint8_t>& made, std::shared_ptr<void> lease) const {
  made.assign(encoded.size(), 0);
  const auto work = [&] {
    const Box& crop = encoded.at(0)->view.crop;
    std::vector<at::Tensor> parts = {at::empty(
        {0, crop.height, crop.width, 3}, at::TensorOptions(at::kByte).device(backend_->device()))};
    for (size_t begin = 0, end; begin < encoded.size(); begin = end) {
      std::vector<device::JpegFile> files;
      int64_t pixels = 0;
      for (end = begin; end < encoded.size(); ++end) {
        const JpegHeader& header = encoded[end]->header;
        pixels += header.height * header.width;
        if (end > begin && pixels > kPixelsAtATime) break;
        files.push_back({encoded[end]->file, header.height, header.width});
      }
      std::vector<at::Tensor> images;
      std::vector<View> views;
      const std::vector<at::Tensor> decoded = decoder_->decode(files);
      for (size_t i = 0; i < decoded.size(); ++i) {
        if (!decoded[i].defined()) continue;
        made[begin + i] = 1;
        images.push_back(upright(decoded[i], encoded[begin + i]->header.orientation));
        views.push_back(encoded[begin + i]->view);
      }
      if (!images.empty()) parts.push_back(make_views(images, views));
    }
    return at::cat(parts);
  };
  return backend_->aside(work, std::move(lease));
}

at::Tensor DeviceDecoding::join(const at::Tensor& rows, at::Tensor views,
                                const std::vector<int64_t>& positions,
                                std::shared_ptr<void> lease) const {
  if (static_cast<int64_t>(positions.size()) == rows.size(0)) return views;
  at::Tensor batch = backend_->upload(rows, std::move(lease));
  return batch.index_copy_(0, device::send(at::tensor(positions), backend_->device()), views);
}

}  // namespace thaw::data
