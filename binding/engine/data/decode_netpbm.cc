// PBM, PGM and PPM, as text and as bytes.
#include <cctype>
#include <cmath>
#include <optional>
#include <vector>

#include "engine/data/decoders.h"

namespace thaw::data {

namespace {

// Numbers as text, with comments between them.
class Tokens {
 public:
  explicit Tokens(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  // Of at most so many digits.
  std::optional<int64_t> number(int longest = 9) {
    skip_space();
    int64_t value = 0;
    int digits = 0;
    for (; at_ < bytes_.size() && std::isdigit(bytes_[at_]) && digits < longest; ++digits) {
      value = 10 * value + (bytes_[at_++] - '0');
    }
    return digits ? std::optional(value) : std::nullopt;
  }

  // What follows one byte of white space.
  std::span<const uint8_t> rest() const { return bytes_.subspan(std::min(at_ + 1, bytes_.size())); }

 private:
  void skip_space() {
    for (; at_ < bytes_.size() && (std::isspace(bytes_[at_]) || bytes_[at_] == '#'); ++at_) {
      if (bytes_[at_] != '#') continue;
      while (at_ < bytes_.size() && bytes_[at_] != '\n' && bytes_[at_] != '\r') ++at_;
    }
  }

  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
};

struct Header {
  bool plain;  // text
  bool bits;   // 1 is black
  int channels;
  Size size;
  int64_t most;  // the value of white
};

// The values of a file, scaled to 0..255.
class Values {
 public:
  Values(const Header& header, Tokens tokens)
      : header_(header), tokens_(tokens), bytes_(tokens.rest()) {}

  // False: there are too few, or one is too large.
  bool read_row(uint8_t* to, int64_t count) {
    if (header_.bits && !header_.plain) return read_bits(to, count);
    for (int64_t i = 0; i < count; ++i) {
      const std::optional<int64_t> value =
          header_.plain ? tokens_.number(header_.bits ? 1 : 9) : binary();
      if (!value || (header_.plain && *value > header_.most)) return false;
      to[i] = scaled(*value);
    }
    return true;
  }

 private:
  std::optional<int64_t> binary() {
    const size_t width = header_.most > 255 ? 2 : 1;
    if (at_ + width > bytes_.size()) return {};
    int64_t value = bytes_[at_++];
    if (width == 2) value = value << 8 | bytes_[at_++];
    return value;
  }

  bool read_bits(uint8_t* to, int64_t count) {
    const auto bytes = static_cast<size_t>((count + 7) / 8);
    if (at_ + bytes > bytes_.size()) return false;
    for (int64_t i = 0; i < count; ++i) to[i] = scaled(bytes_[at_ + i / 8] >> (7 - i % 8) & 1);
    at_ += bytes;
    return true;
  }

  uint8_t scaled(int64_t value) const {
    if (header_.bits) return value ? 0 : 255;
    const double share = static_cast<double>(value) / static_cast<double>(header_.most);
    return static_cast<uint8_t>(std::min(std::nearbyint(share * 255), 255.0));
  }

  const Header& header_;
  Tokens tokens_;
  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
};

}  // namespace

void decode_netpbm(const Encoded& image, RowSink& sink) {
  const int kind = image.bytes[1] - '0';
  Header header{kind <= 3, kind % 3 == 1, kind % 3 == 0 ? 3 : 1, {0, 0}, 1};
  Tokens tokens(image.bytes.subspan(2));
  const std::optional<int64_t> width = tokens.number(), height = tokens.number();
  const std::optional<int64_t> most = header.bits ? std::optional<int64_t>(1) : tokens.number();
  if (!width || !height || !most || *width < 1 || *height < 1 || *most < 1 || *most > 65535) {
    refuse_image(image, "its header does not say a size and a largest value");
  }
  header.size = {*height, *width};
  header.most = *most;
  check_pixels(*height, *width, image);

  const Box wanted = sink.begin(header.size, 1);
  Values values(header, tokens);
  std::vector<uint8_t> row(static_cast<size_t>(*width * header.channels));
  std::vector<uint8_t> rgb(static_cast<size_t>(*width * 3 + 1));
  for (int64_t y = 0; y < *height; ++y) {
    if (!values.read_row(row.data(), *width * header.channels)) {
      refuse_image(image, "the file is truncated, or holds a value that is too large");
    }
    for (int64_t i = 0; i < *width * 3; ++i) rgb[i] = row[header.channels == 3 ? i : i / 3];
    if (y >= wanted.top && y < wanted.top + wanted.height) {
      sink.row(y, rgb.data() + wanted.left * 3);
    }
  }
}

}  // namespace thaw::data
