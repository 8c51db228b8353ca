#include "engine/data/decoders.h"

#ifdef THAW_LIBJPEG

#include <csetjmp>
#include <cstdio>

// jpeglib.h needs stdio.h before it, and jerror.h looks at what jpeglib.h defines.
#include <jpeglib.h>

#include <jerror.h>

#include "engine/data/orientation.h"
#include "engine/error.h"

namespace thaw::data {

namespace {

// libjpeg leaves by longjmp, which must not jump over C++ destructors: every function between
// `setjmp` and libjpeg has trivial locals only, and what must be freed belongs to `Session`,
// outside of them.
struct Session {
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  std::jmp_buf back;
  int code = 0;
  char message[JMSG_LENGTH_MAX] = {};

  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() { jpeg_destroy_decompress(&info); }
};

[[noreturn]] void leave(j_common_ptr info) {
  auto& session = *static_cast<Session*>(info->client_data);
  session.code = info->err->msg_code;
  info->err->format_message(info, session.message);
  std::longjmp(session.back, 1);
}

// libjpeg only warns of damaged data, and fills the rest with grey. Harmless oddities pass.
void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  switch (info->err->msg_code) {
    case JWRN_HIT_MARKER:     // premature end of the data
    case JWRN_JPEG_EOF:       // premature end of the file
    case JWRN_HUFF_BAD_CODE:  // corrupt data
#if JPEG_LIB_VERSION >= 70 || defined(D_ARITH_CODING_SUPPORTED)
    case JWRN_ARITH_BAD_CODE:
#endif
    case JWRN_MUST_RESYNC:
      leave(info);
    default:
      return;
  }
}

bool read_header(Session& session, const uint8_t* bytes, size_t size) {
  session.info.err = jpeg_std_error(&session.errors);
  session.errors.error_exit = leave;
  session.errors.emit_message = on_message;
  session.info.client_data = &session;
  if (setjmp(session.back)) return false;
  jpeg_create_decompress(&session.info);
  jpeg_mem_src(&session.info, bytes, size);
  jpeg_save_markers(&session.info, JPEG_APP0 + 1, 0xFFFF);
  jpeg_read_header(&session.info, TRUE);
  return true;
}

bool start(Session& session, int reduction) {
  if (setjmp(session.back)) return false;
  session.info.out_color_space = JCS_RGB;
  session.info.scale_num = 1;
  session.info.scale_denom = static_cast<unsigned>(reduction);
  jpeg_start_decompress(&session.info);
  return true;
}

bool read_rows(Session& session, uint8_t* rows) {
  if (setjmp(session.back)) return false;
  const size_t stride = size_t{session.info.output_width} * 3;
  while (session.info.output_scanline < session.info.output_height) {
    JSAMPROW row = rows + session.info.output_scanline * stride;
    jpeg_read_scanlines(&session.info, &row, 1);
  }
  jpeg_finish_decompress(&session.info);  // notices a missing end, as Pillow does
  return true;
}

int orientation_of(const jpeg_decompress_struct& info) {
  for (const jpeg_marker_struct* marker = info.marker_list; marker; marker = marker->next) {
    const int orientation = exif_orientation({marker->data, marker->data_length});
    if (orientation != 1) return orientation;
  }
  return 1;
}

// Not damaged, but a kind of JPEG that this library was not built for.
bool is_another_kind(int code) {
  switch (code) {
    case JERR_BAD_PRECISION:
    case JERR_CCIR601_NOTIMPL:
    case JERR_COMPONENT_COUNT:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_SOF_UNSUPPORTED:
#if JPEG_LIB_VERSION < 70
    case JERR_ARITH_NOTIMPL:  // jerror.h drops it later
#endif
      return true;
    default:
      return false;
  }
}

[[noreturn]] void refuse(const Session& session, const std::string& name) {
  if (session.code == JERR_IMAGE_TOO_BIG) {
    fail("ERR_IMAGE_TOO_LARGE", name, " claims a side of more pixels than JPEG allows (",
         JPEG_MAX_DIMENSION, ").");
  }
  fail("ERR_IMAGE_DECODE", "Cannot decode ", name, ": ", session.message, ".");
}

}  // namespace

std::optional<Pixels> decode_jpeg(std::span<const uint8_t> bytes, const std::string& name,
                                  const DecodeOptions& options) {
  Session session;
  if (!read_header(session, bytes.data(), bytes.size())) {
    if (is_another_kind(session.code)) return {};
    refuse(session, name);
  }
  jpeg_decompress_struct& info = session.info;
  check_pixels(info.image_height, info.image_width, name, options);
  const J_COLOR_SPACE colours = info.jpeg_color_space;
  if (colours != JCS_GRAYSCALE && colours != JCS_YCbCr && colours != JCS_RGB) return {};

  const int orientation = orientation_of(info);
  const bool swap = Turn(orientation).swaps_sides;
  const int reduction = decode_reduction(options, swap ? info.image_width : info.image_height,
                                         swap ? info.image_height : info.image_width);
  if (!start(session, reduction)) {
    if (is_another_kind(session.code)) return {};
    refuse(session, name);
  }
  Pixels pixels = allocate_pixels(info.output_height, info.output_width);
  if (!read_rows(session, pixels.data.get())) refuse(session, name);
  return upright(std::move(pixels), orientation);
}

#define THAW_TEXT_(value) #value
#define THAW_TEXT(value) THAW_TEXT_(value)

std::string libjpeg_version() {
#ifdef LIBJPEG_TURBO_VERSION
  return "libjpeg-turbo " THAW_TEXT(LIBJPEG_TURBO_VERSION);
#else
  return "libjpeg " THAW_TEXT(JPEG_LIB_VERSION);
#endif
}

}  // namespace thaw::data

#else

namespace thaw::data {

std::optional<Pixels> decode_jpeg(std::span<const uint8_t>, const std::string&,
                                  const DecodeOptions&) {
  return {};
}

std::string libjpeg_version() { return ""; }

}  // namespace thaw::data

#endif
