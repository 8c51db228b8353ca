// What is left undecoded of a JPEG file changes nothing: columns, rows, and the image as a whole,
// which nobody holds.
#include <unistd.h>

#include <algorithm>

#include "check.h"
#include "drawn.h"
#include "engine/data/decode.h"
#include "engine/data/decoders.h"
#include "engine/data/loader.h"
#include "engine/data/view.h"
#include "exif.h"
#include "jpeg_writer.h"

using namespace thaw::data;

#ifdef THAW_LIBJPEG

namespace {

using drawn::JpegKind;

std::vector<uint8_t> jpeg(const at::Tensor& image, const JpegKind& kind) {
  return drawn::jpeg(image.const_data_ptr<uint8_t>(), image.size(0), image.size(1), kind);
}

at::Tensor shown(const std::vector<uint8_t>& bytes, const Preprocessing& preprocessing,
                 Augmentation augmentation, const DrawKey& key, std::string* damage = nullptr) {
  ViewSink sink(preprocessing, augmentation, key);
  const DecodeOptions options;
  const std::string name = "picture";
  decode_rows({bytes, name, options}, sink);
  at::Tensor out = at::empty({preprocessing.height, preprocessing.width, 3}, at::kByte);
  sink.write(out.mutable_data_ptr<uint8_t>());
  if (damage) *damage = sink.damage();
  return out;
}

std::vector<JpegKind> kinds() {
  std::vector<JpegKind> all;
  for (const auto [across, down] :
       {std::pair{1, 1}, {2, 1}, {1, 2}, {2, 2}, {4, 1}, {1, 4}, {4, 2}}) {
    for (const bool progressive : {false, true}) {
      for (const unsigned restart : {0u, 3u}) {
        all.push_back({across, down, false, progressive, false, restart});
      }
    }
  }
  all.push_back({1, 1, true});
  all.push_back({2, 2, false, false, true});
  return all;
}

// A file whose data have a bit error at this share of its length.
std::vector<uint8_t> with_bit_error(std::vector<uint8_t> bytes, double share) {
  bytes[static_cast<size_t>(share * static_cast<double>(bytes.size()))] ^= 0x08;
  return bytes;
}

}  // namespace

TEST("a part of an image is the same as of the whole image, in every kind of JPEG") {
  Preprocessing preprocessing{.height = 24, .width = 20, .resize = 28};
  for (const JpegKind& kind : kinds()) {
    for (const auto [height, width] : {std::pair{203, 417}, {310, 150}}) {
      const std::vector<uint8_t> bytes = jpeg(drawn::busy(height, width), kind);
      const at::Tensor whole = decode_image(bytes, "picture", {});
      for (const Augmentation augmentation : {Augmentation::kNone, Augmentation::kStandard}) {
        for (uint64_t sample = 0; sample < (augmentation == Augmentation::kNone ? 1 : 8);
             ++sample) {
          const DrawKey key{1, 2, sample};
          CHECK(at::equal(shown(bytes, preprocessing, augmentation, key),
                          augment(whole, preprocessing, augmentation, key)));
        }
      }
    }
  }
}

TEST("a turned image is resized while it is read as it is when it has been turned") {
  const Preprocessing preprocessing{.height = 40, .width = 32, .resize = 48};
  for (const auto [height, width] : {std::pair{150, 340}, {31, 27}, {400, 90}}) {
    const std::vector<uint8_t> plain = jpeg(drawn::busy(height, width), {});
    for (int orientation = 1; orientation <= 8; ++orientation) {
      const auto bytes = drawn::with_exif(plain, drawn::exif(orientation, false));
      const at::Tensor upright = decode_image(bytes, "picture", {});
      CHECK_EQUAL(upright.size(0), orientation < 5 ? height : width);
      for (uint64_t sample = 0; sample < 10; ++sample) {
        const DrawKey key{1, 2, sample};
        for (const Augmentation augmentation : {Augmentation::kFlip, Augmentation::kStandard}) {
          CHECK(at::equal(shown(bytes, preprocessing, augmentation, key),
                          augment(upright, preprocessing, augmentation, key)));
        }
      }
    }
  }
}

TEST("asked to be fast, large images are decoded smaller where twice the wanted side remains") {
  // The height at which an image of 400 x 640 is decoded.
  const auto decoded = [](int64_t resize, Decode decode) {
    const Preprocessing preprocessing{
        .height = 16, .width = 16, .resize = resize, .decode = decode};
    return 400 / ViewSink(preprocessing, Augmentation::kNone, {}).reduction({400, 640});
  };
  CHECK_EQUAL(decoded(101, Decode::kFast), 400);
  CHECK_EQUAL(decoded(100, Decode::kFast), 200);
  CHECK_EQUAL(decoded(50, Decode::kFast), 100);
  CHECK_EQUAL(decoded(16, Decode::kFast), 50);
  CHECK_EQUAL(decoded(16, Decode::kExact), 400);

  const std::vector<uint8_t> bytes = jpeg(drawn::smooth(400, 640), {});
  Preprocessing preprocessing{.height = 40, .width = 40, .resize = 50};
  const at::Tensor exact = shown(bytes, preprocessing, Augmentation::kNone, {});
  preprocessing.decode = Decode::kFast;
  const at::Tensor fast = shown(bytes, preprocessing, Augmentation::kNone, {});
  CHECK(!at::equal(exact, fast));
  CHECK(drawn::difference(exact, fast) < 1.5);
}

TEST("a bit error is told and read over wherever it is, a file cut short is refused") {
  const Preprocessing preprocessing{.height = 16, .width = 16, .resize = 64};
  const std::vector<uint8_t> whole = jpeg(drawn::busy(200, 300), {});
  std::string damage;
  shown(whole, preprocessing, Augmentation::kNone, {}, &damage);
  CHECK_EQUAL(damage, "");
  int told = 0;
  for (const double share : {0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95}) {
    shown(with_bit_error(whole, share), preprocessing, Augmentation::kNone, {}, &damage);
    told += !damage.empty();
    // Those of the same kind in all views: what is left undecoded is gone through.
    const bool once = !damage.empty();
    for (uint64_t sample = 0; sample < 3; ++sample) {
      shown(with_bit_error(whole, share), preprocessing, Augmentation::kStandard, {1, 2, sample},
            &damage);
      CHECK_EQUAL(!damage.empty(), once);
    }
  }
  CHECK(told >= 3);
  for (const double share : {0.3, 0.6, 0.9, 0.999}) {
    std::vector<uint8_t> cut = whole;
    cut.resize(static_cast<size_t>(share * static_cast<double>(cut.size())));
    CHECK_THROWS(shown(cut, preprocessing, Augmentation::kNone, {}), "ERR_IMAGE_DECODE");
  }
}

TEST("damaged images are used, counted, and told once") {
  auto dataset = std::make_shared<Dataset>();
  const std::vector<uint8_t> whole = jpeg(drawn::busy(40, 60), {});
  for (const double share : {0.0, 0.6, 0.0, 0.7}) {
    dataset->encoded.push_back(share > 0 ? with_bit_error(whole, share) : whole);
  }
  LoaderOptions options;
  options.batch_size = 3;
  options.preprocessing = {.height = 16, .width = 16, .resize = 20};
  const drawn::Folder folder;
  std::fflush(stderr);
  const int screen = ::dup(2);
  std::FILE* const file = std::fopen(folder.file("said").c_str(), "w");
  ::dup2(::fileno(file), 2);
  int64_t images = 0;
  for (int run = 0; run < 2; ++run) {
    Loader loader(dataset, options);
    for (int epoch = 0; epoch < 2; ++epoch) {
      loader.start_epoch(epoch);
      while (std::optional<Batch> batch = loader.next()) images += batch->images.size(0);
    }
    CHECK_EQUAL(loader.unreadable().size(), size_t{0});
  }
  ::dup2(screen, 2);
  std::fclose(file);
  CHECK_EQUAL(images, 2 * 2 * 4);
  const std::vector<uint8_t> bytes = drawn::read(folder.file("said"));
  const std::string said(bytes.begin(), bytes.end());
  CHECK(
      said.starts_with("thaw: image 1 and 1 more are damaged and used as far as they can be read"));
  CHECK_EQUAL(std::count(said.begin(), said.end(), '\n'), 1);
}

#endif

TEST("libjpeg says its version, or is not there") {
#ifdef THAW_LIBJPEG
  CHECK(image_libraries().libjpeg.starts_with("libjpeg"));
#else
  CHECK_EQUAL(image_libraries().libjpeg, "");
#endif
}

TEST_MAIN()
