#include "engine/data/decoders.h"

#ifdef THAW_LIBJPEG

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <new>
#include <string_view>
#include <vector>

// jpeglib.h needs stdio.h before it, and jerror.h looks at what jpeglib.h defines.
#include <jpeglib.h>

#include <jerror.h>

#include "engine/data/cmyk.h"
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
  char damage[JMSG_LENGTH_MAX] = {};  // the first

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

// libjpeg only warns of damaged data. Where the file ends too early, it fills the rest with grey:
// that is refused, as Pillow does. All else is read and told.
void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  auto& session = *static_cast<Session*>(info->client_data);
  switch (info->err->msg_code) {
    case JWRN_JPEG_EOF:
      leave(info);
    case JWRN_HIT_MARKER:  // before the end of the data
    case JWRN_HUFF_BAD_CODE:
#if JPEG_LIB_VERSION >= 70 || defined(D_ARITH_CODING_SUPPORTED)
    case JWRN_ARITH_BAD_CODE:
#endif
    case JWRN_MUST_RESYNC:
    case JWRN_EXTRANEOUS_DATA:
      if (!session.damage[0]) info->err->format_message(info, session.damage);
      return;
    default:  // harmless oddities
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

bool start(Session& session, J_COLOR_SPACE colours, int reduction) {
  if (setjmp(session.back)) return false;
  session.info.out_color_space = colours;
  session.info.scale_num = 1;
  session.info.scale_denom = static_cast<unsigned>(reduction);
  jpeg_start_decompress(&session.info);
  return true;
}

// libjpeg-turbo can leave columns and rows undecoded. It is asked for some more on either side: its
// upsampling of colours looks at neighbours, which at the border of what it decodes are not there.
#if defined(LIBJPEG_TURBO_VERSION_NUMBER) && LIBJPEG_TURBO_VERSION_NUMBER >= 2001000
constexpr bool kCrops = true;
#else
constexpr bool kCrops = false;
void jpeg_crop_scanline(j_decompress_ptr, JDIMENSION*, JDIMENSION*) {}
JDIMENSION jpeg_skip_scanlines(j_decompress_ptr, JDIMENSION) { return 0; }
#endif

// The widest margin that is needed is two blocks of 4 x 8 pixels.
constexpr int64_t kMargin = 64;

// Moved outwards to where blocks begin.
bool crop_columns(Session& session, JDIMENSION* first, JDIMENSION* count) {
  if (setjmp(session.back)) return false;
  jpeg_crop_scanline(&session.info, first, count);
  return true;
}

// Rows that nobody looks at are read over: their data are gone through, so that damage is found
// wherever it is.
bool skip_rows(Session& session, int64_t count) {
  if (!kCrops || count <= 0) return true;
  if (setjmp(session.back)) return false;
  jpeg_skip_scanlines(&session.info, static_cast<JDIMENSION>(count));
  return true;
}

bool read_row(Session& session, uint8_t* to) {
  if (setjmp(session.back)) return false;
  JSAMPROW row = to;
  jpeg_read_scanlines(&session.info, &row, 1);
  return true;
}

bool finish(Session& session) {
  if (setjmp(session.back)) return false;
  jpeg_finish_decompress(&session.info);  // notices a missing end, as Pillow does
  return true;
}

int orientation_of(const jpeg_decompress_struct& info) {
  constexpr std::string_view kXmp("http://ns.adobe.com/xap/1.0/\0", 29);
  std::optional<int> in_exif, in_xmp;
  for (const jpeg_marker_struct* marker = info.marker_list; marker; marker = marker->next) {
    const std::string_view text(reinterpret_cast<const char*>(marker->data), marker->data_length);
    if (!in_exif && text.starts_with("Exif")) {
      in_exif = exif_orientation({marker->data, marker->data_length});
    }
    if (!in_xmp && text.starts_with(kXmp)) in_xmp = xmp_orientation(text.substr(kXmp.size()));
  }
  return in_exif ? *in_exif : in_xmp.value_or(1);
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

[[noreturn]] void refuse(const Session& session, const Encoded& image) {
  if (session.code == JERR_OUT_OF_MEMORY) throw std::bad_alloc();
  if (session.code == JERR_IMAGE_TOO_BIG) {
    fail("ERR_IMAGE_TOO_LARGE", image.name, " claims a side of more pixels than JPEG allows (",
         JPEG_MAX_DIMENSION, ").");
  }
  refuse_image(image, session.message);
}

// The rows that `sink` wants, and over all others.
void read_rows(Session& session, const Encoded& image, const Box& wanted, RowSink& sink) {
  jpeg_decompress_struct& info = session.info;
  const auto check = [&](bool well) {
    if (!well) refuse(session, image);
  };
  auto left = static_cast<JDIMENSION>(std::max<int64_t>(wanted.left - kMargin, 0));
  auto columns = static_cast<JDIMENSION>(
      std::min<int64_t>(wanted.left + wanted.width + kMargin, info.output_width) - left);
  if (!kCrops || columns == info.output_width) {
    left = 0;
  } else {
    check(crop_columns(session, &left, &columns));
  }
  const int channels = info.output_components;
  std::vector<uint8_t> row(static_cast<size_t>(info.output_width) * channels + 1);
  uint8_t* const from = row.data() + (wanted.left - left) * channels;
  const int64_t end = wanted.top + wanted.height, height = info.output_height;
  check(skip_rows(session, wanted.top - kMargin));
  while (info.output_scanline < end) {
    const int64_t y = info.output_scanline;
    check(read_row(session, row.data()));
    if (y < wanted.top) continue;
    if (channels == 4) inverted_cmyk_to_rgb(from, wanted.width);
    sink.row(y, from);
  }
  // Up to the last row, which is read: skipping it would be taken for the end of all interest.
  check(skip_rows(session, height - 1 - end));
  while (info.output_scanline < height) check(read_row(session, row.data()));
  check(finish(session));
}

}  // namespace

bool decode_jpeg(const Encoded& image, RowSink& sink) {
  Session session;
  if (!read_header(session, image.bytes.data(), image.bytes.size())) {
    if (is_another_kind(session.code)) return false;
    refuse(session, image);
  }
  jpeg_decompress_struct& info = session.info;
  check_pixels(info.image_height, info.image_width, image);
  const J_COLOR_SPACE stored = info.jpeg_color_space;
  const bool cmyk = stored == JCS_CMYK || stored == JCS_YCCK;
  if (!cmyk && stored != JCS_GRAYSCALE && stored != JCS_YCbCr && stored != JCS_RGB) return false;

  const int orientation = orientation_of(info);
  const int reduction =
      sink.reduction(Turn(orientation).upright({info.image_height, info.image_width}));
  if (!start(session, cmyk ? JCS_CMYK : JCS_RGB, reduction)) {
    if (is_another_kind(session.code)) return false;
    refuse(session, image);
  }
  const Box wanted = sink.begin({info.output_height, info.output_width}, orientation);
  read_rows(session, image, wanted, sink);
  if (session.damage[0]) sink.damaged(session.damage);
  return true;
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

bool decode_jpeg(const Encoded&, RowSink&) { return false; }

std::string libjpeg_version() { return ""; }

}  // namespace thaw::data

#endif
