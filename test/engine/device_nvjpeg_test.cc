// nvJPEG's interface, as a library of our own has it; the real one where there is a GPU with
// decoders.
#include "engine/device/nvjpeg.h"

#include <cstdlib>
#include <stdexcept>

#include "check.h"
#include "drawn.h"
#include "engine/data/decode.h"
#include "engine/data/encode.h"
#include "gpu.h"

using namespace thaw;
using device::JpegFile;

namespace {

std::vector<uint8_t> jpeg(const at::Tensor& image) {
  return data::encode_jpeg(
      {image.const_data_ptr<uint8_t>(), image.size(0), image.size(1), image.size(1) * 3});
}

device::DecodingStream host_stream() {
  return {.device = at::kCPU, .current = [] { return nullptr; }, .wait_for_current = [] {}};
}

std::shared_ptr<device::JpegDecoder> fake() {
  std::string reason;
  const auto made =
      device::make_nvjpeg_decoder({"/nowhere/libnvjpeg.so", FAKE_NVJPEG}, host_stream(), reason);
  if (!made) throw std::runtime_error(reason);
  return made;
}

}  // namespace

TEST("a library that is not there, or is another one, is named") {
  std::string reason;
  CHECK(!device::make_nvjpeg_decoder({"/nowhere/libnvjpeg.so"}, host_stream(), reason));
  CHECK(reason.find("/nowhere/libnvjpeg.so") != std::string::npos);
  CHECK(!device::make_nvjpeg_decoder({"libm.so.6"}, host_stream(), reason));
  CHECK_EQUAL(reason, "libm.so.6 has no nvjpegGetProperty");
}

TEST("THAW_NVJPEG names the library, or none") {
  ::unsetenv("THAW_NVJPEG");
  CHECK_EQUAL(device::nvjpeg_libraries(13).front(), "libnvjpeg.so.13");
  ::setenv("THAW_NVJPEG", "/some/where/libnvjpeg.so", 1);
  CHECK((device::nvjpeg_libraries(13) == std::vector<std::string>{"/some/where/libnvjpeg.so"}));
  ::setenv("THAW_NVJPEG", "none", 1);
  CHECK(device::nvjpeg_libraries(13).empty());
  ::unsetenv("THAW_NVJPEG");
}

TEST("files are decoded in batches of any size; what cannot be read comes back undefined") {
  const auto decoder = fake();
  CHECK(decoder != nullptr);
  CHECK_EQUAL(decoder->name(), "nvJPEG 13.1");
  const std::vector<uint8_t> small = jpeg(drawn::busy(16, 24)), large = jpeg(drawn::busy(90, 70));
  const std::vector<uint8_t> broken = {1, 2, 3};
  const auto is = [&](const at::Tensor& pixels, const std::vector<uint8_t>& file) {
    return pixels.defined() && at::equal(pixels, data::decode_image(file, "drawn", {}));
  };
  const auto one = decoder->decode({{small, 16, 24}});
  CHECK(is(one[0], small));
  const auto four =
      decoder->decode({{small, 16, 24}, {broken, 16, 24}, {large, 90, 70}, {large, 91, 70}});
  CHECK(is(four[0], small) && is(four[2], large));
  CHECK(!four[1].defined());
  CHECK(!four[3].defined());  // another size than the header's would write elsewhere
  CHECK(!decoder->decode({{broken, 16, 24}})[0].defined());
}

TEST("a batch that fails is refused as a whole, the next one is not") {
  const auto decoder = fake();
  const std::vector<uint8_t> good = jpeg(drawn::busy(16, 24)), bad = jpeg(drawn::busy(13, 24));
  const auto failed = decoder->decode({{good, 16, 24}, {bad, 13, 24}});
  CHECK(!failed[0].defined() && !failed[1].defined());
  const auto next = decoder->decode({{good, 16, 24}, {good, 16, 24}});
  CHECK(next[0].defined() && next[1].defined());
}

TEST("on a GPU with decoders the pixels are the CPU's, but for rounding") {
  const auto backend = check::gpu();
  if (!backend) return;
  const auto scope = backend->enter();
  const auto decoder = backend->jpeg_decoder();
  if (!decoder) {
    std::printf("     skipped: this GPU decodes no JPEG files, or nvJPEG is not here\n");
    return;
  }
  for (const int64_t side : {64, 333, 1000}) {
    const std::vector<uint8_t> file = jpeg(drawn::smooth(side, side / 8 * 8));
    const at::Tensor expected = data::decode_image(file, "drawn", {});
    const at::Tensor pixels = decoder->decode({{file, side, side / 8 * 8}})[0];
    CHECK(pixels.defined());
    const at::Tensor difference = (pixels.cpu().to(at::kInt) - expected.to(at::kInt)).abs();
    CHECK(difference.to(at::kFloat).mean().item<float>() < 2);
  }
}

TEST_MAIN()
