#include "engine/data/preprocessing.h"

#include <algorithm>

#include "engine/device/parallel.h"
#include "engine/error.h"

namespace thaw::data {

namespace {

// (byte / 255 - mean) / std as one multiplication and one addition.
struct Affine {
  std::array<float, 3> scale;
  std::array<float, 3> shift;
};

Affine affine_of(const Preprocessing& preprocessing) {
  Affine affine;
  for (size_t c = 0; c < 3; ++c) {
    affine.scale[c] = static_cast<float>(1.0 / (255.0 * preprocessing.std[c]));
    affine.shift[c] = static_cast<float>(-preprocessing.mean[c] / preprocessing.std[c]);
  }
  return affine;
}

// In one pass: broadcasting over an innermost dimension of 3 takes at:: operators several times as
// long.
template <typename T>
void normalise_bytes(const uint8_t* in, T* out, int64_t pixels, const Affine& affine) {
  constexpr int64_t kBlock = 16;  // pixels; 48 neighbours fill whole vectors
  std::array<float, 3 * kBlock> scale, shift;
  for (int64_t i = 0; i < 3 * kBlock; ++i) {
    scale[i] = affine.scale[i % 3];
    shift[i] = affine.shift[i % 3];
  }
  device::parallel_ranges((pixels + kBlock - 1) / kBlock, [&](int64_t begin, int64_t end) {
    for (int64_t pixel = begin * kBlock; pixel < std::min(end * kBlock, pixels); pixel += kBlock) {
      const int64_t length = 3 * std::min(kBlock, pixels - pixel);
      const uint8_t* from = in + 3 * pixel;
      T* to = out + 3 * pixel;
      for (int64_t i = 0; i < length; ++i) {
        to[i] = static_cast<T>(static_cast<float>(from[i]) * scale[i] + shift[i]);
      }
    }
  });
}

at::Tensor on_cpu(const at::Tensor& images, const Affine& affine, at::ScalarType dtype) {
  const at::Tensor bytes = images.contiguous();
  at::Tensor out = at::empty(bytes.sizes(), bytes.options().dtype(dtype));
  const int64_t pixels = bytes.numel() / 3;
  AT_DISPATCH_FLOATING_TYPES_AND2(at::kBFloat16, at::kHalf, dtype, "normalise", [&] {
    normalise_bytes(bytes.const_data_ptr<uint8_t>(), out.mutable_data_ptr<scalar_t>(), pixels,
                    affine);
  });
  return out.permute({0, 3, 1, 2});
}

// One pass over the images, and no copy from the host: nothing here waits.
at::Tensor on_device(const at::Tensor& images, const Affine& affine, at::ScalarType dtype) {
  const auto options = images.options().dtype(at::kFloat);
  at::Tensor scale = at::empty({3}, options);
  at::Tensor shift = at::empty({3}, options);
  for (int64_t c = 0; c < 3; ++c) {
    scale.select(0, c).fill_(affine.scale[c]);
    shift.select(0, c).fill_(affine.shift[c]);
  }
  at::Tensor out = at::empty(images.sizes(), images.options().dtype(dtype));
  at::addcmul_out(out, shift, images, scale);  // in float32, whatever it reads and writes
  return out.permute({0, 3, 1, 2});
}

}  // namespace

at::Tensor normalise(const at::Tensor& images, const Preprocessing& preprocessing,
                     at::ScalarType dtype) {
  if (images.dim() != 4 || images.size(3) != 3) {
    fail("ERR_INVALID_ARGUMENT", "Expected images of [N, H, W, 3] but received ", images.sizes(),
         ".");
  }
  // [N, H, W, 3] seen as [N, 3, H, W] is channels-last memory: nothing moves.
  if (images.scalar_type() != at::kByte) return images.permute({0, 3, 1, 2}).to(dtype);
  const Affine affine = affine_of(preprocessing);
  return images.is_cpu() ? on_cpu(images, affine, dtype) : on_device(images, affine, dtype);
}

}  // namespace thaw::data
