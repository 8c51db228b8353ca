#include "engine/data/bmp_header.h"

#include <algorithm>
#include <cstdlib>

namespace thaw::data {

namespace {

constexpr size_t kFileHeader = 14;
constexpr uint32_t kCore = 12;  // bytes of the header of OS/2 1 and Windows 2
constexpr uint32_t kInfo = 40;  // of Windows 3, without masks

enum Compression : uint32_t { kNone = 0, kRuns8 = 1, kRuns4 = 2, kBitFields = 3 };

bool is_known(uint32_t header) {
  // Windows 2 to 5 and OS/2 2.
  for (const uint32_t known : {kCore, kInfo, 52u, 56u, 64u, 108u, 124u}) {
    if (header == known) return true;
  }
  return false;
}

// One run of bits each, as in every program that writes them.
bool is_sound(uint32_t mask) {
  if (mask == 0) return false;
  while (!(mask & 1)) mask >>= 1;
  return (mask & (mask + 1)) == 0;
}

void read_masks(const LittleEndian& file, uint32_t compression, BmpHeader& header,
                const Encoded& image) {
  header.masks = header.bits == 16 ? std::array<uint32_t, 3>{0x7c00, 0x3e0, 0x1f}
                                   : std::array<uint32_t, 3>{0xff0000, 0xff00, 0xff};
  if (compression != kBitFields) return;
  std::array<uint32_t, 3> said{};
  for (size_t c = 0; c < 3; ++c) said[c] = file.number(kFileHeader + kInfo + 4 * c, 4);
  if (said == std::array<uint32_t, 3>{}) return;
  if (!std::all_of(said.begin(), said.end(), is_sound)) {
    refuse_image(image, "its bit fields are none");
  }
  header.masks = said;
}

}  // namespace

BmpHeader read_bmp_header(const LittleEndian& file, const Encoded& image) {
  const auto number = [&](size_t offset, int width) { return file.number(offset, width); };
  const uint32_t info = number(14, 4);
  if (!is_known(info)) refuse_image(image, "it is a BMP of a kind that is not known");
  if (file.size() < kFileHeader + info) refuse_image(image, "the file is truncated");
  const bool core = info == kCore;

  BmpHeader header{};
  const auto height = core ? int64_t{number(20, 2)} : int64_t{static_cast<int32_t>(number(22, 4))};
  header.top_down = height < 0;
  header.size = {std::abs(height),
                 core ? int64_t{number(18, 2)} : int64_t{static_cast<int32_t>(number(18, 4))}};
  if (header.size.height < 1 || header.size.width < 1) {
    refuse_image(image, "it claims to have no pixels");
  }
  check_pixels(header.size.height, header.size.width, image);
  header.bits = static_cast<int>(number(core ? 24 : 28, 2));
  const uint32_t compression = core ? uint32_t{kNone} : number(30, 4);
  const bool indexed = header.bits == 1 || header.bits == 4 || header.bits == 8;
  const bool direct = header.bits == 16 || header.bits == 24 || header.bits == 32;
  header.run_lengths =
      (compression == kRuns8 && header.bits == 8) || (compression == kRuns4 && header.bits == 4);
  if (!(header.run_lengths || (compression == kNone && (indexed || direct)) ||
        (compression == kBitFields && direct && info != 64))) {
    refuse_image(image, "it is a BMP of " + std::to_string(header.bits) + " bits in compression " +
                            std::to_string(compression) + ", which is not read");
  }
  if (direct) read_masks(file, compression, header, image);

  const size_t end = kFileHeader + info + (compression == kBitFields && info == kInfo ? 12 : 0);
  const uint32_t said = core ? 0 : number(46, 4);
  const size_t entry = core ? 3 : 4;
  const size_t colours = !indexed ? 0 : said ? said : size_t{1} << header.bits;
  for (size_t i = 0; i < std::min(colours, header.colours.size()); ++i) {
    header.colours[i] = number(end + entry * i, 3);
  }
  header.pixels = number(10, 4);
  // Some writers name none, or forget the palette.
  if (header.pixels == 0 || (indexed && header.pixels == end))
    header.pixels = end + entry * colours;
  if (header.pixels < end) refuse_image(image, "its pixels are said to be in its header");
  return header;
}

}  // namespace thaw::data
