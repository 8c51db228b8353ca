#include "engine/data/encode.h"

#ifdef THAW_LIBJPEG

#include <cstdio>

// jpeglib.h needs stdio.h before it.
#include <jpeglib.h>

#include <memory>

namespace thaw::data {

// libjpeg's default for errors is to end the process; there are none here but want of memory.
std::vector<uint8_t> encode_jpeg(const PixelView& image) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* file = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &file, &size);
  info.image_height = static_cast<JDIMENSION>(image.height);
  info.image_width = static_cast<JDIMENSION>(image.width);
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 90, TRUE);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    auto* row = const_cast<JSAMPLE*>(image.data + info.next_scanline * image.stride);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::vector<uint8_t> result(file, file + size);
  std::free(file);
  return result;
}

}  // namespace thaw::data

#else

namespace thaw::data {

std::vector<uint8_t> encode_jpeg(const PixelView&) { return {}; }

}  // namespace thaw::data

#endif
