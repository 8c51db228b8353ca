// A library with nvJPEG's interface that decodes with libjpeg into the host's memory. It reads no
// greyscale files, and fails at a batch with one of 13 rows.
#include <cstdio>

#include <jpeglib.h>

#include <cstddef>

namespace {

struct Image {
  unsigned char* channel[4];
  size_t pitch[4];
};

struct State {
  int batch = 0;
};

struct Header {
  int components = 0;
};

constexpr int kSuccess = 0, kInvalidParameter = 2, kBadJpeg = 3, kExecutionFailed = 6;

class File {
 public:
  File(const unsigned char* bytes, size_t size) {
    info.err = jpeg_std_error(&errors_);
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, bytes, size);
    jpeg_read_header(&info, TRUE);
  }
  ~File() { jpeg_destroy_decompress(&info); }

  jpeg_decompress_struct info{};

 private:
  jpeg_error_mgr errors_{};
};

bool is_jpeg(const unsigned char* bytes, size_t size) {
  return size > 2 && bytes[0] == 0xFF && bytes[1] == 0xD8;
}

}  // namespace

extern "C" {

int nvjpegGetProperty(int which, int* value) {
  *value = which == 0 ? 13 : 1;
  return kSuccess;
}

int nvjpegCreateEx(int backend, void*, void*, unsigned flags, void** handle) {
  constexpr int kHardware = 3;
  constexpr unsigned kInterpolate = 32;
  if (backend != kHardware || flags != kInterpolate) return kInvalidParameter;
  *handle = new int(0);
  return kSuccess;
}

int nvjpegDestroy(void* handle) {
  delete static_cast<int*>(handle);
  return kSuccess;
}

int nvjpegJpegStateCreate(void*, void** state) {
  *state = new State;
  return kSuccess;
}

int nvjpegJpegStateDestroy(void* state) {
  delete static_cast<State*>(state);
  return kSuccess;
}

int nvjpegJpegStreamCreate(void*, void** stream) {
  *stream = new Header;
  return kSuccess;
}

int nvjpegJpegStreamDestroy(void* stream) {
  delete static_cast<Header*>(stream);
  return kSuccess;
}

int nvjpegJpegStreamParseHeader(void*, const unsigned char* bytes, size_t size, void* stream) {
  if (!is_jpeg(bytes, size)) return kBadJpeg;
  static_cast<Header*>(stream)->components = File(bytes, size).info.num_components;
  return kSuccess;
}

int nvjpegGetImageInfo(void*, const unsigned char* bytes, size_t size, int* components, int*,
                       int* widths, int* heights) {
  if (!is_jpeg(bytes, size)) return kBadJpeg;
  const File file(bytes, size);
  *components = file.info.num_components;
  widths[0] = static_cast<int>(file.info.image_width);
  heights[0] = static_cast<int>(file.info.image_height);
  return kSuccess;
}

int nvjpegDecodeBatchedSupported(void*, void* stream, int* unsupported) {
  *unsupported = static_cast<Header*>(stream)->components == 3 ? 0 : 1;
  return kSuccess;
}

int nvjpegDecodeBatchedInitialize(void*, void* state, int batch, int, int format) {
  constexpr int kInterleavedRgb = 5;
  if (format != kInterleavedRgb) return kInvalidParameter;
  static_cast<State*>(state)->batch = batch;
  return kSuccess;
}

int nvjpegDecodeBatched(void*, void* state, const unsigned char* const* files, const size_t* sizes,
                        Image* images, void*) {
  const int batch = static_cast<State*>(state)->batch;
  if (batch == 0) return kInvalidParameter;
  for (int i = 0; i < batch; ++i) {
    File file(files[i], sizes[i]);
    file.info.out_color_space = JCS_RGB;
    jpeg_start_decompress(&file.info);
    if (file.info.output_height == 13) {
      static_cast<State*>(state)->batch = 0;
      return kExecutionFailed;
    }
    while (file.info.output_scanline < file.info.output_height) {
      JSAMPROW row = images[i].channel[0] + file.info.output_scanline * images[i].pitch[0];
      jpeg_read_scanlines(&file.info, &row, 1);
    }
    jpeg_finish_decompress(&file.info);
  }
  return kSuccess;
}
}
