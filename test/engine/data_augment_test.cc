// Resizing, cropping and colours, against checksums that Pillow 12.3.0 and torchvision 0.28.0 gave
// for the same drawn images: zlib.crc32(np.asarray(image).tobytes()), with drawn.h's `busy`.
#include "check.h"
#include "drawn.h"
#include "engine/data/augment.h"
#include "engine/data/geometry.h"
#include "engine/data/jitter.h"
#include "engine/data/resample.h"
#include "engine/data/view.h"

using namespace thaw::data;

namespace {

Preprocessing square(int64_t resize, int64_t side) {
  Preprocessing preprocessing;
  preprocessing.resize = resize;
  preprocessing.height = preprocessing.width = side;
  return preprocessing;
}

uint32_t cropped(int64_t height, int64_t width, int64_t resize, int64_t side) {
  return drawn::crc32(resize_and_crop(drawn::busy(height, width), square(resize, side)));
}

uint32_t jittered(const Jitter& jitter) {
  at::Tensor image = drawn::busy(64, 48);
  apply_jitter(jitter, image.mutable_data_ptr<uint8_t>(), 64 * 48);
  return drawn::crc32(image);
}

// Writes to `out`, of the crop's size.
void resize_into(const Box& part, Size scaled, const Box& crop, const at::Tensor& image,
                 at::Tensor& out) {
  const Size size{image.size(0), image.size(1)};
  Resampler resampler(size, 1, part, scaled, crop);
  const Box& needed = resampler.needed();
  const at::Tensor rows = at::cat({image.flatten(), at::zeros({1}, at::kByte)});
  for (int64_t y = needed.top; y < needed.top + needed.height; ++y) {
    resampler.row(y, rows.const_data_ptr<uint8_t>() + (y * size.width + needed.left) * 3);
  }
  resampler.write(out.mutable_data_ptr<uint8_t>());
}

constexpr std::array<ColourChange, 3> kInOrder = {
    ColourChange::kBrightness, ColourChange::kContrast, ColourChange::kSaturation};

}  // namespace

TEST("tensors that are no images are refused") {
  CHECK_THROWS(resize_and_crop(at::zeros({4, 4, 3}, at::kFloat), {}), "ERR_INVALID_ARGUMENT");
  CHECK_THROWS(resize_and_crop(at::zeros({4, 4, 4}, at::kByte), {}), "ERR_INVALID_ARGUMENT");
  CHECK_THROWS(resize_and_crop(at::zeros({4, 4}, at::kByte), {}), "ERR_INVALID_ARGUMENT");
  CHECK_THROWS(resize_and_crop(at::zeros({0, 4, 3}, at::kByte), {}), "ERR_INVALID_ARGUMENT");
  CHECK_THROWS(resize_and_crop(at::zeros({3, 4, 4}, at::kByte).permute({1, 2, 0}), {}),
               "ERR_INVALID_ARGUMENT");
}

// T.Compose([T.Resize(resize), T.CenterCrop(side)])(image)
TEST("Resize and CenterCrop give torchvision's very bytes") {
  CHECK_EQUAL(cropped(300, 420, 256, 224), 0xc90ca3d3u);
  CHECK_EQUAL(cropped(420, 300, 256, 224), 0x75de71e3u);
  CHECK_EQUAL(cropped(100, 80, 256, 224), 0xb7395eddu);
  CHECK_EQUAL(cropped(224, 224, 224, 224), 0xb9563b77u);
  CHECK_EQUAL(cropped(1000, 333, 40, 32), 0xbd9da4aeu);
  CHECK_EQUAL(cropped(57, 91, 33, 31), 0xeabcb79au);
}

TEST("and the values of a tiny one, to look at") {
  const at::Tensor image = resize_and_crop(drawn::busy(5, 7), square(4, 3));
  const std::vector<int> expected = {73,  174, 104, 127, 176, 73,  181, 133, 127,
                                     145, 139, 91,  183, 75,  148, 152, 104, 157,
                                     134, 62,  163, 108, 122, 196, 82,  183, 87};
  CHECK(at::equal(image.flatten().to(at::kInt), at::tensor(expected, at::kInt)));
}

// torchvision.transforms.functional.resized_crop(image, 20, 33, 150, 201, (224, 224))
TEST("a part that is cut out first and resized gives torchvision's bytes") {
  const at::Tensor image = drawn::busy(300, 420);
  at::Tensor out = at::empty({224, 224, 3}, at::kByte);
  resize_into({20, 33, 150, 201}, {224, 224}, {0, 0, 224, 224}, image, out);
  CHECK_EQUAL(drawn::crc32(out), 0xce146ad5u);
}

TEST("sizes and offsets are torchvision's") {
  // T.Resize(256) of an image of these sides, and round((side - 224) / 2) of the result.
  const std::vector<std::array<int64_t, 6>> facts = {
      {400, 533, 256, 341, 16, 58},  {533, 400, 341, 256, 58, 16},
      {333, 500, 256, 384, 16, 80},  {481, 640, 256, 340, 16, 58},
      {600, 259, 593, 256, 184, 16}, {10, 1000, 256, 25600, 16, 12688}};
  for (const auto& [height, width, out_height, out_width, top, left] : facts) {
    const Size size = resized({height, width}, 256, {224, 224});
    CHECK((size == Size{out_height, out_width}));
    const Box box = central(size, {224, 224});
    CHECK(box.top == top && box.left == left && box.height == 224 && box.width == 224);
  }
}

TEST("an image is scaled up until a crop fits that is wider than the resized image") {
  CHECK((resized({100, 100}, 256, {224, 300}) == Size{300, 300}));
  CHECK((resized({100, 200}, 256, {300, 300}) == Size{300, 600}));
  CHECK((resized({100, 133}, 10, {224, 500}).width >= 500));
  Preprocessing preprocessing;
  preprocessing.width = 400;
  CHECK((resize_and_crop(drawn::busy(30, 20), preprocessing).sizes() ==
         at::IntArrayRef{224, 400, 3}));
  CHECK(
      (resize_and_crop(drawn::busy(1, 1), preprocessing).sizes() == at::IntArrayRef{224, 400, 3}));
}

// adjust_brightness, adjust_contrast, adjust_saturation of torchvision.transforms.functional.
TEST("each change of colour gives torchvision's bytes") {
  CHECK_EQUAL(jittered({kInOrder, {0.6f, 1, 1}}), 0x49801133u);
  CHECK_EQUAL(jittered({kInOrder, {1.37f, 1, 1}}), 0xfcdc6e77u);
  CHECK_EQUAL(jittered({kInOrder, {1, 0.6f, 1}}), 0x9a9009fau);
  CHECK_EQUAL(jittered({kInOrder, {1, 1.37f, 1}}), 0xad69ce6cu);
  CHECK_EQUAL(jittered({kInOrder, {1, 1, 0.6f}}), 0xeba8ae17u);
  CHECK_EQUAL(jittered({kInOrder, {1, 1, 1.37f}}), 0x1e4b4e6au);
}

TEST("several changes follow the order") {
  const Jitter jitter{
      {ColourChange::kSaturation, ColourChange::kBrightness, ColourChange::kContrast},
      {0.7f, 1.4f, 1.2f}};
  CHECK_EQUAL(jittered(jitter), 0x0df82662u);
}

TEST("flips are of half of the samples, and of nothing but the columns") {
  const at::Tensor image = drawn::busy(60, 60);
  const Preprocessing preprocessing = square(40, 32);
  const at::Tensor plain = resize_and_crop(image, preprocessing);
  const at::Tensor mirrored = plain.flip({1});
  int flipped = 0;
  for (uint64_t sample = 0; sample < 400; ++sample) {
    const at::Tensor out = augment(image, preprocessing, Augmentation::kFlip, {1, 0, sample});
    const bool is_flipped = at::equal(out, mirrored);
    CHECK(is_flipped || at::equal(out, plain));
    flipped += is_flipped;
  }
  CHECK(flipped > 150 && flipped < 250);
}

TEST("the standard augmentation is a function of its key alone") {
  const at::Tensor image = drawn::busy(60, 80);
  const Preprocessing preprocessing = square(40, 32);
  const at::Tensor once = augment(image, preprocessing, Augmentation::kStandard, {1, 2, 3});
  CHECK(at::equal(once, augment(image, preprocessing, Augmentation::kStandard, {1, 2, 3})));
  CHECK(!at::equal(once, augment(image, preprocessing, Augmentation::kStandard, {1, 2, 4})));
  CHECK(!at::equal(once, augment(image, preprocessing, Augmentation::kStandard, {1, 3, 3})));
  CHECK(!at::equal(once, augment(image, preprocessing, Augmentation::kStandard, {2, 2, 3})));
}

TEST("normalised bytes are (byte / 255 - mean) / std in channels-last memory") {
  const Preprocessing preprocessing;
  const at::Tensor images = at::stack({drawn::busy(13, 19), drawn::smooth(13, 19)});
  const at::Tensor mean = at::tensor({0.485, 0.456, 0.406}, at::kDouble);
  const at::Tensor std = at::tensor({0.229, 0.224, 0.225}, at::kDouble);
  const at::Tensor expected = ((images.to(at::kDouble) / 255 - mean) / std).permute({0, 3, 1, 2});
  const at::Tensor out = normalise(images, preprocessing, at::kFloat);
  CHECK((out.sizes() == at::IntArrayRef{2, 3, 13, 19}));
  CHECK(out.is_contiguous(at::MemoryFormat::ChannelsLast));
  CHECK(at::allclose(out.to(at::kDouble), expected, 1e-6, 1e-6));
  const at::Tensor rounded = normalise(images, preprocessing, at::kBFloat16);
  CHECK_EQUAL(rounded.scalar_type(), at::kBFloat16);
  CHECK(at::equal(rounded, out.to(at::kBFloat16)));
}

TEST("float pixels are taken as they are, and what is no batch of images is refused") {
  const at::Tensor pixels = at::rand({2, 5, 6, 3});
  const at::Tensor out = normalise(pixels, {}, at::kFloat);
  CHECK(at::equal(out, pixels.permute({0, 3, 1, 2})));
  CHECK(out.is_contiguous(at::MemoryFormat::ChannelsLast));
  CHECK_THROWS(normalise(at::rand({2, 3, 5, 6}), {}, at::kFloat), "ERR_INVALID_ARGUMENT");
  CHECK_THROWS(normalise(at::rand({5, 6, 3}), {}, at::kFloat), "ERR_INVALID_ARGUMENT");
  CHECK((normalise(at::empty({0, 5, 6, 3}, at::kByte), {}, at::kFloat).sizes() ==
         at::IntArrayRef{0, 3, 5, 6}));
}

TEST(
    "a view that was drawn of the whole image shows the same of the image decoded at half the "
    "size") {
  const at::Tensor whole = drawn::smooth(402, 600);
  const at::Tensor half = at::avg_pool2d(whole.permute({2, 0, 1}).to(at::kFloat), {2, 2})
                              .round()
                              .to(at::kByte)
                              .permute({1, 2, 0})
                              .contiguous();
  const Size size{402, 600}, decoded{201, 300};
  const auto shown = [](const View& view, const at::Tensor& image) {
    at::Tensor out = at::empty({32, 48, 3}, at::kByte);
    resize_into(view.part, view.scaled, view.crop, image, out);
    return out;
  };
  const Preprocessing preprocessing{.height = 32, .width = 48, .resize = 40};
  for (const Augmentation augmentation :
       {Augmentation::kNone, Augmentation::kFlip, Augmentation::kStandard}) {
    for (uint64_t sample = 0; sample < 20; ++sample) {
      const View view = draw_view(size, preprocessing, augmentation, {1, 2, sample});
      const View moved = at_size(view, size, decoded);
      CHECK(moved.part.top + moved.part.height <= decoded.height);
      CHECK(moved.part.left + moved.part.width <= decoded.width);
      CHECK(2 * moved.part.height >= view.part.height && 2 * moved.part.width >= view.part.width);
      CHECK(drawn::difference(shown(view, whole), shown(moved, half)) < 1.5);
      const View same = at_size(view, size, size);
      CHECK(at::equal(shown(view, whole), shown(same, whole)));
    }
  }
}

TEST_MAIN()
