// Decoding: damaged and hostile files first, then each kind of image.
#include "check.h"
#include "drawn.h"
#include "engine/data/decode.h"
#include "engine/data/encode.h"
#include "engine/data/format.h"
#include "engine/data/orientation.h"
#include "engine/data/rows.h"
#include "exif.h"
#ifdef THAW_VIPS
#include <vips/vips8>
#endif

using namespace thaw::data;
using drawn::exif;
using drawn::with_exif;

namespace {

const drawn::Folder folder;

at::Tensor decoded(const std::vector<uint8_t>& bytes, const DecodeOptions& options = {}) {
  return decode_image(bytes, "picture", options);
}

std::vector<uint8_t> text(const std::string& content) { return {content.begin(), content.end()}; }

std::string message_of(const std::vector<uint8_t>& bytes) {
  try {
    decoded(bytes);
  } catch (const thaw::Error& error) {
    return error.what();
  }
  return "";
}

std::vector<uint8_t> cut(std::vector<uint8_t> bytes, size_t length) {
  bytes.resize(length);
  return bytes;
}

}  // namespace

TEST("what is no image is refused with one sentence that names it") {
  CHECK_THROWS(decoded({}), "ERR_IMAGE_DECODE");
  CHECK_THROWS(decoded({0}), "ERR_IMAGE_DECODE");
  CHECK_THROWS(decoded(text("not an image at all")), "ERR_IMAGE_DECODE");
  CHECK_THROWS(decoded(text("<svg xmlns='http://www.w3.org/2000/svg'/>")), "ERR_IMAGE_DECODE");
  CHECK_THROWS(decoded(text("%PDF-1.4")), "ERR_IMAGE_DECODE");
  CHECK_THROWS(decoded({0xff, 0xd8, 0xff}), "ERR_IMAGE_DECODE");
  CHECK_THROWS(decoded(text("\x89PNG\r\n\x1a\n")), "ERR_IMAGE_DECODE");
  CHECK_THROWS(decoded(text("RIFF____WEBP")), "ERR_IMAGE_DECODE");
  CHECK_THROWS(decoded(text("GIF89a")), "ERR_IMAGE_DECODE");
  CHECK_THROWS(decoded(text("BM")), "ERR_IMAGE_DECODE");
  CHECK_EQUAL(message_of({}), "Cannot decode picture: the file is empty.");
}

TEST("bitmaps are read in both directions and widths, and refused when cut short") {
  const at::Tensor image = drawn::busy(5, 7);
  CHECK(at::equal(decoded(drawn::bmp(image)), image));
  CHECK(at::equal(decoded(drawn::bmp(image, 32)), image));
  CHECK(at::equal(decoded(drawn::bmp(image, 24, true)), image));
  const std::vector<uint8_t> whole = drawn::bmp(image);
  for (size_t length = 2; length < whole.size(); ++length) {
    CHECK_THROWS(decoded(cut(whole, length)), "ERR_IMAGE_DECODE");
  }
}

TEST("a palette of a bitmap is looked up; what is no bitmap of ours is refused") {
  std::vector<uint8_t> bytes = drawn::bmp(at::zeros({2, 2, 3}, at::kByte));
  bytes.resize(54);
  bytes[28] = 8;                                                     // bits a pixel
  bytes[46] = 2;                                                     // colours
  bytes[10] = 54 + 8;                                                // where pixels begin
  const std::vector<uint8_t> rest = {10, 20, 30, 0, 40, 50, 60, 0,   // blue, green, red
                                     0,  1,  0,  0, 1,  9,  0,  0};  // two rows, bottom up
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  const std::vector<int> expected = {60, 50, 40, 0,  0,  0,
                                     30, 20, 10, 60, 50, 40};  // 9: beyond its end
  CHECK(at::equal(decoded(bytes).flatten().to(at::kInt), at::tensor(expected, at::kInt)));
  bytes[30] = 4;  // a JPEG inside
  CHECK_THROWS(decoded(bytes), "ERR_IMAGE_DECODE");
  bytes[30] = 0;
  bytes[10] = 40;  // within the header
  CHECK_THROWS(decoded(bytes), "ERR_IMAGE_DECODE");
}

TEST("more pixels than allowed are refused by the header") {
  DecodeOptions options;
  options.max_pixels = 34;
  CHECK_THROWS(decoded(drawn::bmp(drawn::busy(5, 7)), options), "ERR_IMAGE_TOO_LARGE");
  options.max_pixels = 35;
  CHECK((decoded(drawn::bmp(drawn::busy(5, 7)), options).sizes() == at::IntArrayRef{5, 7, 3}));
  std::vector<uint8_t> liar = drawn::bmp(drawn::busy(5, 7));
  for (size_t offset : {18, 22}) liar[offset] = liar[offset + 1] = liar[offset + 2] = 0x7f;
  CHECK_THROWS(decoded(liar), "ERR_IMAGE_TOO_LARGE");
}

TEST("the format is told by content") {
  CHECK(image_format(text("II*\0xxxx")) == ImageFormat::kUnknown);  // the literal ends at its zero
  CHECK(image_format(std::vector<uint8_t>{'I', 'I', '*', 0}) == ImageFormat::kTiff);
  const auto brands = [](const std::string& names) {
    return image_format(text(std::string("\0\0\0", 3) + char(8 + names.size()) + "ftyp" + names));
  };
  CHECK(brands("avif0000mif1") == ImageFormat::kAvif);
  CHECK(brands("mif10000avif") == ImageFormat::kAvif);
  CHECK(brands("mif10000heic") == ImageFormat::kHeic);
  CHECK(brands("mp420000isom") == ImageFormat::kUnknown);
  CHECK(image_format({}) == ImageFormat::kUnknown);
  CHECK(image_format(text("P6\n1 1\n255\nabc")) == ImageFormat::kNetpbm);
  CHECK(image_format(text("P7\n")) == ImageFormat::kUnknown);
  CHECK(image_format(text("\xff\x0a")) == ImageFormat::kJxl);
  CHECK(image_format(text("\xff\x4f\xff\x51")) == ImageFormat::kJp2);
  CHECK(image_format(text("GIF87a")) == ImageFormat::kGif);
}

TEST("unsound EXIF data means upright") {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    CHECK_EQUAL(*exif_orientation(exif(orientation, false)), orientation);
    CHECK_EQUAL(*exif_orientation(exif(orientation, true)), orientation);
  }
  CHECK(!exif_orientation({}));
  CHECK(!exif_orientation(text("Exif")));
  CHECK_EQUAL(*exif_orientation(exif(0, false)), 1);  // it has been said, if badly
  CHECK_EQUAL(*exif_orientation(exif(9, true)), 1);
  const std::vector<uint8_t> sound = exif(6, false);
  // Up to the value's second byte, everything is needed.
  for (size_t length = 0; length < 6 + 32; ++length) {
    CHECK(exif_orientation(cut(sound, length)).value_or(1) == 1);
  }
  CHECK_EQUAL(*exif_orientation(std::span(sound).subspan(6)), 6);
  std::vector<uint8_t> far = sound;
  far[10] = far[11] = far[12] = far[13] = 0xff;  // a directory beyond the end
  CHECK(!exif_orientation(far));
  std::vector<uint8_t> many = sound;
  many[14] = many[15] = 0xff;  // 65535 entries
  many[28] = 0x13;             // none of them the orientation
  CHECK(!exif_orientation(many));
}

TEST("XMP says an orientation as an attribute or as an element") {
  CHECK_EQUAL(*xmp_orientation("<a tiff:Orientation=\"6\">"), 6);
  CHECK_EQUAL(*xmp_orientation("<tiff:Orientation>3</tiff:Orientation>"), 3);
  CHECK_EQUAL(*xmp_orientation("tiff:OrientationX tiff:Orientation=\"8\""), 8);
  CHECK_EQUAL(*xmp_orientation("tiff:Orientation=\"9\" tiff:Orientation=\"8\""), 1);
  for (const char* none : {"", "tiff:Orientation", "tiff:Orientation=\"", "tiff:Orientation=6"}) {
    CHECK(!xmp_orientation(none));
  }
}

// np.asarray(ImageOps.exif_transpose(image)) of Pillow 12.3.0 for [[0, 1, 2], [3, 4, 5]].
TEST("all eight orientations come out as Pillow turns them") {
  const std::vector<std::vector<uint8_t>> expected = {
      {0, 1, 2, 3, 4, 5}, {2, 1, 0, 5, 4, 3}, {5, 4, 3, 2, 1, 0}, {3, 4, 5, 0, 1, 2},
      {0, 3, 1, 4, 2, 5}, {3, 0, 4, 1, 5, 2}, {5, 2, 4, 1, 3, 0}, {2, 5, 1, 4, 0, 3}};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    Pixels stored = allocate_pixels(2, 3);
    for (int i = 0; i < 18; ++i) stored.data[i] = static_cast<uint8_t>(i / 3);
    WholeImage whole;
    send_rows(stored.view(), orientation, whole);
    const Pixels& turned = whole.pixels;
    CHECK_EQUAL(turned.height, orientation < 5 ? 2 : 3);
    CHECK_EQUAL(turned.width, orientation < 5 ? 3 : 2);
    for (int i = 0; i < 18; ++i) CHECK_EQUAL(turned.data[i], expected[orientation - 1][i / 3]);
  }
}

#ifdef THAW_VIPS
namespace {

std::vector<uint8_t> encoded(const at::Tensor& image, const std::string& suffix) {
  const std::string path = folder.file("image" + suffix);
  write_image(path, {image.const_data_ptr<uint8_t>(), static_cast<size_t>(image.numel())},
              image.size(0), image.size(1));
  return drawn::read(path);
}

vips::VImage vips_of(const at::Tensor& image) {
  return vips::VImage::new_from_memory(
             image.data_ptr(), static_cast<size_t>(image.numel()), static_cast<int>(image.size(1)),
             static_cast<int>(image.size(0)), static_cast<int>(image.size(2)), VIPS_FORMAT_UCHAR)
      .copy(vips::VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
}

std::vector<uint8_t> buffer(const vips::VImage& image, const char* suffix,
                            vips::VOption* options = nullptr) {
  void* data = nullptr;
  size_t size = 0;
  image.write_to_buffer(suffix, &data, &size, options);
  std::vector<uint8_t> bytes(static_cast<uint8_t*>(data), static_cast<uint8_t*>(data) + size);
  g_free(data);
  return bytes;
}

}  // namespace

TEST("images that cannot be written are refused") {
  const std::vector<uint8_t> rgb(12);
  CHECK_THROWS(write_image(folder.file("no/such/folder.png"), rgb, 2, 2), "ERR_IO");
  CHECK_THROWS(write_image(folder.file("a.nonsense"), rgb, 2, 2), "ERR_IMAGE_WRITE");
  CHECK_THROWS(write_image(folder.file("a.png"), rgb, 2, 3), "ERR_IMAGE_WRITE");
}

TEST("a file cut short anywhere is refused, not half grey") {
  const at::Tensor image = drawn::busy(40, 60);
  for (const char* suffix : {".jpg", ".jpg[interlace]", ".png", ".gif", ".webp", ".tif"}) {
    const std::vector<uint8_t> whole = encoded(image, suffix);
    CHECK((decoded(whole).sizes() == image.sizes()));
    for (size_t length = 0; length < whole.size() - 12; length += 1 + whole.size() / 60) {
      CHECK_THROWS(decoded(cut(whole, length)), "ERR_IMAGE_DECODE");
    }
  }
  const std::vector<uint8_t> jpeg = encoded(image, ".jpg");
  CHECK_THROWS(decoded(cut(jpeg, jpeg.size() - 2)), "ERR_IMAGE_DECODE");
}

TEST("changed bytes give an image or an error of ours, never more") {
  int refused = 0;
  std::vector<std::vector<uint8_t>> images = {drawn::bmp(drawn::busy(24, 31)),
                                              text("P3 2 2 99 1 2 3 4 5 6 7 8 9 10 11 12")};
  for (const char* suffix : {".jpg", ".jpg[interlace]", ".png", ".gif", ".webp", ".tif"}) {
    images.push_back(encoded(drawn::busy(24, 31), suffix));
  }
  for (const std::vector<uint8_t>& whole : images) {
    for (uint32_t i = 0; i < 200; ++i) {
      std::vector<uint8_t> changed = whole;
      changed[(i * 2654435761u) % whole.size()] ^= static_cast<uint8_t>(1 + i * 40503u % 255);
      try {
        DecodeOptions options;
        options.max_pixels = 1'000'000;
        decoded(changed, options);
      } catch (const thaw::Error&) {
        ++refused;
      }
    }
  }
  CHECK(refused > 0);
}

TEST("too large an image of any format is refused by its header") {
  DecodeOptions options;
  options.max_pixels = 100;
  for (const char* suffix : {".jpg", ".png", ".gif", ".webp", ".tif"}) {
    CHECK_THROWS(decoded(encoded(drawn::busy(10, 11), suffix), options), "ERR_IMAGE_TOO_LARGE");
    CHECK((decoded(encoded(drawn::busy(10, 10), suffix), options).sizes() ==
           at::IntArrayRef{10, 10, 3}));
  }
}

TEST("lossless formats give back what was written, JPEG and WebP nearly") {
  const at::Tensor image = drawn::smooth(60, 90);
  for (const char* suffix : {".png", ".png[interlace]", ".tif", ".webp[lossless]"}) {
    CHECK(at::equal(decoded(encoded(image, suffix)), image));
  }
  for (const char* suffix : {".jpg[Q=95]", ".jpg[Q=95,interlace]", ".webp[Q=95]", ".avif[Q=95]"}) {
    CHECK(drawn::difference(decoded(encoded(image, suffix)), image) < 3);
  }
}

TEST("grey is repeated, alpha dropped without compositing, 16 bits cut to their high byte") {
  const at::Tensor image = drawn::busy(12, 10);
  const at::Tensor alpha = at::cat({image, at::zeros({12, 10, 1}, at::kByte)}, 2).contiguous();
  CHECK(at::equal(decoded(buffer(vips_of(alpha), ".png")), image));
  const vips::VImage wide =
      (vips_of(image) * 256 + 200)
          .cast(VIPS_FORMAT_USHORT)
          .copy(vips::VImage::option()->set("interpretation", VIPS_INTERPRETATION_RGB16));
  CHECK(at::equal(decoded(buffer(wide, ".png")), image));
  const at::Tensor green = image.select(2, 1).unsqueeze(2);
  const vips::VImage grey = vips_of(image).extract_band(1).copy(
      vips::VImage::option()->set("interpretation", VIPS_INTERPRETATION_B_W));
  CHECK(at::equal(decoded(buffer(grey, ".png")), green.expand({12, 10, 3})));
  const at::Tensor jpeg = decoded(buffer(grey, ".jpg", vips::VImage::option()->set("Q", 100)));
  CHECK(drawn::difference(jpeg, green.expand({12, 10, 3})) < 2);
  CHECK(at::equal(jpeg.select(2, 0), jpeg.select(2, 2)));
}

TEST("palettes are looked up, and of an animation the first frame is taken") {
  at::Tensor image = at::zeros({8, 8, 3}, at::kByte);
  image.narrow(0, 0, 4).select(2, 0).fill_(255);  // red above, black below
  CHECK(at::equal(
      decoded(buffer(vips_of(image), ".png", vips::VImage::option()->set("palette", true))),
      image));
  vips::VImage frames = vips_of(image).copy_memory();
  frames.set("page-height", 4);
  const at::Tensor first = decoded(buffer(frames, ".gif"));
  CHECK(at::equal(first, image.narrow(0, 0, 4)));
}

// Image.new('CMYK', (8, 8), (100, 50, 20, 30)).convert('RGB') of Pillow 12.3.0.
TEST("CMYK goes to RGB by arithmetic, from JPEG and from TIFF") {
  at::Tensor ink = at::empty({8, 8, 4}, at::kByte);
  const std::vector<int> inks = {100, 50, 20, 30}, colours = {137, 181, 207};
  for (int64_t c = 0; c < 4; ++c) ink.select(2, c).fill_(inks[c]);
  const vips::VImage cmyk =
      vips_of(ink).copy(vips::VImage::option()->set("interpretation", VIPS_INTERPRETATION_CMYK));
  const at::Tensor expected = at::tensor(colours, at::kByte).expand({8, 8, 3});
  CHECK(at::equal(decoded(buffer(cmyk, ".tif")), expected));
  const at::Tensor jpeg =
      decoded(buffer(cmyk, ".jpg", vips::VImage::option()->set("Q", 100))).to(at::kInt);
  CHECK((jpeg - expected.to(at::kInt)).abs().max().item<int>() <= 2);
}

TEST("JPEG and PNG are turned upright by their EXIF orientation") {
  const at::Tensor upright_image = drawn::smooth(48, 80);
  const std::vector<at::Tensor> stored = {upright_image,
                                          upright_image.flip({1}),
                                          upright_image.flip({0, 1}),
                                          upright_image.flip({0}),
                                          upright_image.transpose(0, 1),
                                          upright_image.transpose(0, 1).flip({1}).flip({0, 1}),
                                          upright_image.transpose(0, 1).flip({0, 1}),
                                          upright_image.transpose(0, 1).flip({0}).flip({0, 1})};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const at::Tensor pixels = stored[orientation - 1].contiguous();
    for (bool big_endian : {false, true}) {
      const at::Tensor jpeg =
          decoded(with_exif(encoded(pixels, ".jpg[Q=95]"), exif(orientation, big_endian)));
      CHECK(drawn::difference(jpeg, upright_image) < 3);
    }
    vips::VImage png = vips_of(pixels).copy_memory();
    png.set(VIPS_META_ORIENTATION, orientation);
    CHECK(at::equal(decoded(buffer(png, ".png")), upright_image));
  }
}

TEST("a HEIC image, for which the npm packages have no decoder, is refused by its name") {
  // An AVIF image that claims to hold HEVC: another codec, and a description of it in place of
  // AV1's.
  const std::vector<uint8_t> avif = encoded(drawn::smooth(16, 16), ".avif");
  std::string file(avif.begin(), avif.end());
  const auto number = [&](size_t at) {
    uint32_t value = 0;
    for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(file[at + i]);
    return value;
  };
  const auto big_endian = [](uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
    return bytes;
  };
  const std::string hevc("\1\1\x60\0\0\0\x90\0\0\0\0\0\x5d\xf0\0\xfc\xfd\xf8\xf8\0\0\x0f\0", 23);
  const size_t old = file.find("av1C") - 4, data = file.find("mdat") + 4;
  const auto longer = static_cast<uint32_t>(8 + hevc.size() - number(old));
  file.replace(old, number(old), big_endian(8 + hevc.size()) + "hvcC" + hevc);
  for (const char* box : {"ipco", "iprp", "meta"}) {
    const size_t at = file.find(box) - 4;
    file.replace(at, 4, big_endian(number(at) + longer));
  }
  const size_t offset = file.find(big_endian(static_cast<uint32_t>(data)), file.find("iloc"));
  if (offset != file.npos)
    file.replace(offset, 4, big_endian(static_cast<uint32_t>(data) + longer));
  for (const auto& [from, to] : {std::pair{"avif", "heic"}, {"av01", "hvc1"}}) {
    for (size_t at = 0; (at = file.find(from, at)) != file.npos;) file.replace(at, 4, to);
  }
  const std::string message = message_of({file.begin(), file.end()});
  CHECK_EQUAL(message,
              "Cannot decode picture: this is a HEIC image, which this build of libvips cannot "
              "read.");
}

TEST("the libraries say their versions") {
  CHECK(image_libraries().libvips.starts_with("libvips 8."));
}

#endif

TEST_MAIN()
