// Batches whose JPEG files a device decodes: those of the loader's threads, pixel for pixel.
#include "engine/data/device_decoding.h"

#include "check.h"
#include "drawn.h"
#include "engine/data/encode.h"
#include "engine/data/loader.h"
#include "recording_backend.h"

using namespace thaw;
using namespace thaw::data;

namespace {

std::vector<uint8_t> jpeg(const at::Tensor& image) {
  return encode_jpeg(
      {image.const_data_ptr<uint8_t>(), image.size(0), image.size(1), image.size(1) * 3});
}

// The same with an EXIF orientation, as cameras write it.
std::vector<uint8_t> turned(std::vector<uint8_t> file, int orientation) {
  const std::vector<uint8_t> exif = {
      0xFF, 0xE1, 0, 34, 'E', 'x', 'i', 'f', 0, 0,
      'M',  'M',  0, 42, 0,   0,   0,   8,   0, 1,
      1,    0x12, 0, 3,  0,   0,   0,   1,   0, static_cast<uint8_t>(orientation),
      0,    0,    0, 0,  0,   0};
  file.insert(file.begin() + 2, exif.begin(), exif.end());
  return file;
}

// Decodes on the CPU; refuses files of fewer rows, adds to every pixel.
class FakeDecoder final : public device::JpegDecoder {
 public:
  FakeDecoder(int64_t fewest_rows, int error) : fewest_rows_(fewest_rows), error_(error) {}

  std::vector<at::Tensor> decode(const std::vector<device::JpegFile>& files) override {
    std::vector<at::Tensor> decoded(files.size());
    for (size_t i = 0; i < files.size(); ++i) {
      if (files[i].height < fewest_rows_) continue;
      // As stored: without its EXIF segment there is no orientation.
      std::vector<uint8_t> bytes(files[i].bytes.begin(), files[i].bytes.end());
      if (bytes[3] == 0xE1) bytes.erase(bytes.begin() + 2, bytes.begin() + 38);
      decoded[i] =
          decode_image(bytes, "drawn", {}).to(at::kInt).add(error_).clamp(0, 255).to(at::kByte);
      ++count;
    }
    return decoded;
  }
  std::string name() const override { return "a decoder"; }

  int count = 0;

 private:
  int64_t fewest_rows_;
  int error_;
};

class DecodingBackend final : public check::RecordingBackend {
 public:
  explicit DecodingBackend(std::shared_ptr<FakeDecoder> decoder) : decoder_(std::move(decoder)) {}
  std::shared_ptr<device::JpegDecoder> jpeg_decoder() const override { return decoder_; }

 private:
  std::shared_ptr<FakeDecoder> decoder_;
};

// JPEG files of several sizes and orientations among others, one of them cut off, one no image.
std::shared_ptr<Dataset> drawn_files() {
  auto dataset = std::make_shared<Dataset>();
  for (int i = 0; i < 20; ++i) {
    const at::Tensor image = drawn::busy(30 + 3 * i, 60 - i);
    dataset->encoded.push_back(i % 4 == 3 ? drawn::bmp(image) : turned(jpeg(image), 1 + i % 8));
    dataset->labels.push_back(i);
  }
  dataset->encoded[4].resize(dataset->encoded[4].size() / 2);
  dataset->encoded[9] = {1, 2, 3};
  return dataset;
}

LoaderOptions options_for(Augmentation augmentation) {
  LoaderOptions options;
  options.batch_size = 6;
  options.preprocessing = {.height = 16, .width = 20, .resize = 24};
  options.augmentation = augmentation;
  options.shuffle = true;
  options.seed = 3;
  options.max_unreadable_share = 0.5;
  return options;
}

struct Epochs {
  std::vector<at::Tensor> images;
  std::vector<int64_t> samples;
  std::vector<UnreadableImage> unreadable;
};

Epochs run(const LoaderOptions& options) {
  Loader loader(drawn_files(), options);
  Epochs epochs;
  for (int64_t epoch = 0; epoch < 2; ++epoch) {
    loader.start_epoch(epoch);
    while (std::optional<Batch> batch = loader.next()) {
      epochs.images.push_back(batch->images.clone());
      epochs.samples.insert(epochs.samples.end(), batch->samples.begin(), batch->samples.end());
      CHECK_EQUAL(batch->images.size(0), static_cast<int64_t>(batch->samples.size()));
      for (size_t i = 0; i < batch->samples.size(); ++i)
        CHECK_EQUAL(batch->labels[static_cast<int64_t>(i)].item<int64_t>(), batch->samples[i]);
    }
  }
  epochs.unreadable = loader.unreadable();
  return epochs;
}

void check_same(const Epochs& a, const Epochs& b) {
  CHECK(a.samples == b.samples);
  CHECK_EQUAL(a.images.size(), b.images.size());
  for (size_t i = 0; i < a.images.size(); ++i) CHECK(at::equal(a.images[i], b.images[i]));
  CHECK_EQUAL(a.unreadable.size(), b.unreadable.size());
  for (size_t i = 0; i < a.unreadable.size(); ++i) {
    CHECK_EQUAL(a.unreadable[i].sample, b.unreadable[i].sample);
    CHECK_EQUAL(a.unreadable[i].reason, b.unreadable[i].reason);
  }
}

}  // namespace

TEST("a device that decodes changes no pixel, no order and no list of unreadable images") {
  for (const Augmentation augmentation :
       {Augmentation::kNone, Augmentation::kFlip, Augmentation::kStandard}) {
    // Every file, some of them, none of them.
    for (const int64_t fewest_rows : {0, 50, 90}) {
      LoaderOptions options = options_for(augmentation);
      const Epochs expected = run(options);
      const auto decoder = std::make_shared<FakeDecoder>(fewest_rows, 0);
      options.on_device = DeviceDecoding::make(std::make_shared<DecodingBackend>(decoder));
      CHECK(options.on_device != nullptr);
      check_same(run(options), expected);
      // The file that make() draws, and twice the 14 whole JPEG files where none are refused.
      if (fewest_rows == 0) CHECK_EQUAL(decoder->count, 1 + 2 * 13);
      if (fewest_rows == 90) CHECK_EQUAL(decoder->count, 1);
    }
  }
}

TEST("a decoder that reads no drawn file, or other pixels, is not used") {
  const auto with = [](int64_t fewest_rows, int error) {
    const auto decoder = std::make_shared<FakeDecoder>(fewest_rows, error);
    return DeviceDecoding::make(std::make_shared<DecodingBackend>(decoder));
  };
  CHECK(with(0, 1) != nullptr);
  CHECK(with(0, 20) == nullptr);
  CHECK(with(1000, 0) == nullptr);
  CHECK(DeviceDecoding::make(device::make_backend("cpu")) == nullptr);
}

TEST_MAIN()
