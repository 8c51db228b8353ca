#include "engine/data/sample.h"

#include <cstring>
#include <new>

#include "engine/data/decoders.h"
#include "engine/data/view.h"

namespace thaw::data {

SampleReader::SampleReader(const Dataset& dataset, const Preprocessing& preprocessing,
                           Augmentation augmentation, const DecodeOptions& decode,
                           SeenContents seen)
    : dataset_(dataset),
      preprocessing_(preprocessing),
      augmentation_(augmentation),
      decode_(decode),
      seen_(std::move(seen)) {}

std::string SampleReader::read(const DrawKey& key, void* out) {
  try {
    return read_into(key, out);
  } catch (const std::bad_alloc&) {
    fail("ERR_OUT_OF_MEMORY", "Memory is full: there is not enough to read ",
         dataset_.name(static_cast<int64_t>(key.sample)),
         "; use fewer threads, or lower maxPixels to leave such images out.");
  }
}

std::string SampleReader::read_into(const DrawKey& key, void* out) {
  auto* pixels_out = static_cast<uint8_t*>(out);
  const at::Tensor& pixels = dataset_.pixels;
  if (pixels.defined()) {
    const int64_t length = pixels.stride(0) * pixels.element_size();
    const auto* source = static_cast<const uint8_t*>(pixels.const_data_ptr()) +
                         static_cast<int64_t>(key.sample) * length;
    if (seen_) seen_(static_cast<int64_t>(key.sample), {source, static_cast<size_t>(length)});
    if (pixels.scalar_type() == at::kFloat) {
      std::memcpy(out, source, length);
    } else {
      const PixelView view{source, pixels.size(1), pixels.size(2), pixels.size(2) * 3};
      augment_into(view, preprocessing_, augmentation_, key, pixels_out);
    }
    return {};
  }
  if (!dataset_.paths.empty()) {
    try {
      read_file(dataset_.paths[key.sample], decode_, file_);
    } catch (...) {
      if (seen_) seen_(static_cast<int64_t>(key.sample), {});
      throw;
    }
  }
  const std::span<const uint8_t> bytes =
      dataset_.paths.empty() ? std::span<const uint8_t>(dataset_.encoded[key.sample]) : file_;
  if (seen_) seen_(static_cast<int64_t>(key.sample), bytes);
  return decode(bytes, key, pixels_out);
}

std::string SampleReader::decode(std::span<const uint8_t> bytes, const DrawKey& key, uint8_t* out) {
  ViewSink sink(preprocessing_, augmentation_, key);
  decode_rows({bytes, dataset_.name(static_cast<int64_t>(key.sample)), decode_}, sink);
  sink.write(out);
  return sink.damage();
}

}  // namespace thaw::data
