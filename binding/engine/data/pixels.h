// Decoded pixels without torch: the decoders are compiled without its headers, and what the
// loader's threads do to an image stays plain C++, since at:: operators would start an OpenMP team
// in each of them.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace thaw::data {

// Rows of interleaved 8-bit RGB, `stride` bytes apart, that belong to someone else.
struct PixelView {
  const uint8_t* data;
  int64_t height;
  int64_t width;
  int64_t stride;
};

struct Size {
  int64_t height;
  int64_t width;
  bool operator==(const Size&) const = default;
};

struct Box {
  int64_t top;
  int64_t left;
  int64_t height;
  int64_t width;
};

inline PixelView part(const PixelView& view, const Box& box) {
  return {view.data + box.top * view.stride + box.left * 3, box.height, box.width, view.stride};
}

// Owned pixels [height, width, 3] without gaps; the decoder's library says how they are freed.
struct Pixels {
  std::unique_ptr<uint8_t[], void (*)(void*)> data{nullptr, std::free};
  int64_t height = 0;
  int64_t width = 0;

  PixelView view() const { return {data.get(), height, width, width * 3}; }
};

// Not zeroed: every byte is about to be written.
inline Pixels allocate_pixels(int64_t height, int64_t width) {
  auto* data = static_cast<uint8_t*>(std::malloc(static_cast<size_t>(height * width * 3)));
  if (!data) throw std::bad_alloc();
  return {{data, std::free}, height, width};
}

}  // namespace thaw::data
