// Images that the tests of data/ draw themselves, and small helpers to compare them.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "engine/torch.h"

namespace drawn {

// Busy and with sharp edges: a wrong pixel shows. In NumPy:
// y, x, c = np.mgrid[0:h, 0:w, 0:3]; ((x*37 + y*59 + c*101 + x*y*13//7) % 256).astype(np.uint8)
inline at::Tensor busy(int64_t height, int64_t width) {
  at::Tensor image = at::empty({height, width, 3}, at::kByte);
  uint8_t* out = image.mutable_data_ptr<uint8_t>();
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      for (int64_t c = 0; c < 3; ++c) {
        *out++ = static_cast<uint8_t>((x * 37 + y * 59 + c * 101 + x * y * 13 / 7) % 256);
      }
    }
  }
  return image;
}

// Like a photograph, so that JPEG changes it little.
inline at::Tensor smooth(int64_t height, int64_t width) {
  at::Tensor image = at::empty({height, width, 3}, at::kByte);
  uint8_t* out = image.mutable_data_ptr<uint8_t>();
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      *out++ = static_cast<uint8_t>(x * 255 / width);
      *out++ = static_cast<uint8_t>(y * 255 / height);
      *out++ = static_cast<uint8_t>((x + y) * 255 / (width + height));
    }
  }
  return image;
}

// A Windows bitmap: lossless, and written without any library. `bits` is 24 or 32.
inline std::vector<uint8_t> bmp(const at::Tensor& image, int bits = 24, bool top_down = false) {
  const int64_t height = image.size(0), width = image.size(1),
                stride = (width * bits / 8 + 3) / 4 * 4;
  std::vector<uint8_t> bytes(static_cast<size_t>(54 + stride * height), 0);
  const auto put = [&](size_t offset, int64_t value, int count) {
    for (int i = 0; i < count; ++i) bytes[offset + i] = static_cast<uint8_t>(value >> 8 * i);
  };
  bytes[0] = 'B', bytes[1] = 'M';
  put(2, static_cast<int64_t>(bytes.size()), 4);
  put(10, 54, 4);
  put(14, 40, 4);
  put(18, width, 4);
  put(22, top_down ? -height : height, 4);
  put(26, 1, 2);
  put(28, bits, 2);
  const uint8_t* rgb = image.const_data_ptr<uint8_t>();
  for (int64_t y = 0; y < height; ++y) {
    uint8_t* to = bytes.data() + 54 + (top_down ? y : height - 1 - y) * stride;
    for (int64_t x = 0; x < width; ++x, to += bits / 8, rgb += 3) {
      to[0] = rgb[2], to[1] = rgb[1], to[2] = rgb[0];
    }
  }
  return bytes;
}

// zlib's crc32 of the tensor's bytes.
inline uint32_t crc32(const at::Tensor& tensor) {
  const at::Tensor bytes = tensor.contiguous();
  const uint8_t* data = bytes.const_data_ptr<uint8_t>();
  uint32_t crc = 0xFFFFFFFF;
  for (int64_t i = 0; i < bytes.numel(); ++i) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

// Mean absolute difference, in levels of 255; a thousand where the shapes differ.
inline double difference(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes()) return 1000;
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().mean().item<double>();
}

// A folder of its own for each test program, gone at its end.
class Folder {
 public:
  Folder() {
    path_ =
        std::filesystem::temp_directory_path() / ("thaw-data-test-" + std::to_string(::getpid()));
    std::filesystem::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string file(const std::string& name) const { return (path_ / name).string(); }

  std::string write(const std::string& name, const std::vector<uint8_t>& bytes) const {
    std::ofstream out(file(name), std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
    return file(name);
  }

 private:
  std::filesystem::path path_;
};

inline std::vector<uint8_t> read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace drawn
