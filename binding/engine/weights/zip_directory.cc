// The layout is that of PKWARE's APPNOTE.TXT, sections 4.3.7 (local header), 4.3.12 (an entry of
// the table of contents), 4.3.14 to 4.3.16 (its end) and 4.5.3 (the 64-bit sizes of an entry).
#include "engine/weights/zip_directory.h"

#include <algorithm>
#include <bit>

#include "engine/weights/malformed.h"

namespace thaw::weights {
namespace {

static_assert(std::endian::native == std::endian::little, "The numbers are read as they are.");

constexpr uint64_t kLocalSize = 30;
constexpr uint64_t kEntrySize = 46;
constexpr uint64_t kEndSize = 22;
constexpr uint64_t kLocatorSize = 20;
constexpr uint64_t kEnd64Size = 56;
constexpr uint64_t kLongestComment = 0xffff;
constexpr uint16_t kEncrypted = 1;
constexpr size_t kMostEntries = 1 << 18;

// A table of contents that lies within the file, up to where its end is described.
struct Contents {
  uint64_t begin;
  uint64_t end;
  uint64_t entries;
};

template <typename Number>
Number number(const std::string& bytes, uint64_t at) {
  Number value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

bool signed_as(const std::string& bytes, uint64_t at, std::string_view signature) {
  return bytes.compare(at, signature.size(), signature) == 0;
}

[[noreturn]] void damaged(const char* what) {
  malformed("its zip archive is truncated or damaged: ", what);
}

// A field of the short form is either repeated in the long one or says that it does not fit.
template <typename Short>
void check_repeated(Short in_short, uint64_t in_long) {
  if (in_short != static_cast<Short>(~Short{0}) && in_short != in_long) {
    damaged("its end describes itself in two ways");
  }
}

Contents contents_of(const InputFile& file) {
  const uint64_t room = std::min(file.size(), kEndSize + kLongestComment);
  const uint64_t tail_at = file.size() - room;
  const std::string tail = file.peek(tail_at, room);
  uint64_t at = room;
  for (uint64_t from = kEndSize; from <= room; ++from) {
    const uint64_t comment = from - kEndSize;
    if (signed_as(tail, room - from, "PK\5\6") &&
        number<uint16_t>(tail, room - from + 20) == comment) {
      at = room - from;
      break;
    }
  }
  if (at == room) damaged("it has no end");

  const auto entries = number<uint16_t>(tail, at + 10);
  const auto size = number<uint32_t>(tail, at + 12);
  const auto begin = number<uint32_t>(tail, at + 16);
  const uint64_t end = tail_at + at;
  Contents contents{begin, end, entries};
  uint64_t length = size;
  const std::string locator = end < kLocatorSize ? "" : file.peek(end - kLocatorSize, kLocatorSize);
  if (signed_as(locator, 0, std::string_view("PK\6\7", 4))) {
    const auto end64 = number<uint64_t>(locator, 8);
    const uint64_t latest = end - kLocatorSize;
    if (latest < kEnd64Size || end64 > latest - kEnd64Size) damaged("its end lies elsewhere");
    const std::string long_form = file.peek(end64, kEnd64Size);
    if (!signed_as(long_form, 0, "PK\6\6")) damaged("its end lies elsewhere");
    contents = {number<uint64_t>(long_form, 48), end64, number<uint64_t>(long_form, 32)};
    length = number<uint64_t>(long_form, 40);
    check_repeated(entries, contents.entries);
    check_repeated(size, length);
    check_repeated(begin, contents.begin);
  }
  if (contents.begin > contents.end || length != contents.end - contents.begin) {
    damaged("its table of contents is not where it should be");
  }
  return contents;
}

// The 64-bit numbers that stand in for those fields, in this order, which were too large.
void widen(const std::string& extra, std::initializer_list<uint64_t*> fields) {
  for (uint64_t at = 0; at + 4 <= extra.size();) {
    const uint64_t end = at + 4 + number<uint16_t>(extra, at + 2);
    if (end > extra.size()) break;
    if (number<uint16_t>(extra, at) == 1) {
      at += 4;
      for (uint64_t* field : fields) {
        if (*field != UINT32_MAX) continue;
        if (at + 8 > end) damaged("an entry has no size");
        *field = number<uint64_t>(extra, at);
        at += 8;
      }
      return;
    }
    at = end;
  }
}

void check_name(const std::string& name) {
  const bool strange = name.empty() || name[0] == '/' || name.find('\\') != std::string::npos ||
                       name.find('\0') != std::string::npos;
  if (strange || ("/" + name + "/").find("/../") != std::string::npos) {
    malformed("its zip archive names an entry '", printable(name), "', which leads out of it");
  }
}

}  // namespace

ZipDirectory::ZipDirectory(const InputFile& file) : file_(file) {
  const Contents contents = contents_of(file);
  if (contents.entries > kMostEntries) malformed("its zip archive has too many entries");
  const std::string table = file.peek(contents.begin, contents.end - contents.begin);
  std::vector<Entry*> in_place;
  uint64_t at = 0;
  for (uint64_t i = 0; i < contents.entries; ++i) {
    if (table.size() - at < kEntrySize || !signed_as(table, at, "PK\1\2")) {
      damaged("its table of contents is not one");
    }
    const auto flags = number<uint16_t>(table, at + 8);
    const auto method = number<uint16_t>(table, at + 10);
    uint64_t stored = number<uint32_t>(table, at + 20);
    uint64_t size = number<uint32_t>(table, at + 24);
    const auto name_size = number<uint16_t>(table, at + 28);
    const auto extra_size = number<uint16_t>(table, at + 30);
    const auto comment_size = number<uint16_t>(table, at + 32);
    uint64_t header = number<uint32_t>(table, at + 42);
    at += kEntrySize;
    if (table.size() - at < uint64_t{name_size} + extra_size + comment_size) {
      damaged("its table of contents is cut off");
    }
    std::string name = table.substr(at, name_size);
    widen(table.substr(at + name_size, extra_size), {&size, &stored, &header});
    at += uint64_t{name_size} + extra_size + comment_size;

    check_name(name);
    const uint64_t least = kLocalSize + name_size;
    if (header > contents.begin || contents.begin - header < least ||
        contents.begin - header - least < stored) {
      malformed("its record '", printable(name), "' of ", stored, " bytes ends beyond the file");
    }
    const bool plain = method == 0 && (flags & kEncrypted) == 0 && stored == size;
    const auto [added, is_new] =
        entries_.try_emplace(name, Entry{header, header + least + stored, size, plain});
    if (!is_new) malformed("its zip archive has two entries '", printable(name), "'");
    in_place.push_back(&added->second);
    names_.push_back(std::move(name));
  }
  if (at != table.size()) damaged("its table of contents has a rest");

  std::sort(in_place.begin(), in_place.end(),
            [](const Entry* a, const Entry* b) { return a->header < b->header; });
  for (size_t i = 0; i < in_place.size(); ++i) {
    const uint64_t next = i + 1 < in_place.size() ? in_place[i + 1]->header : contents.begin;
    if (in_place[i]->end > next) malformed("two records of its zip archive overlap");
    in_place[i]->end = next;
  }
}

const ZipDirectory::Entry& ZipDirectory::plain(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) malformed("its record '", printable(name), "' is missing");
  if (!found->second.plain) {
    malformed("its record '", printable(name),
              "' is compressed or encrypted, which PyTorch never does; save it again");
  }
  return found->second;
}

uint64_t ZipDirectory::size(const std::string& name) const { return plain(name).size; }

void ZipDirectory::read(const std::string& name, void* to) const {
  const Entry& entry = plain(name);
  const std::string local = file_.peek(entry.header, kLocalSize + name.size());
  if (!signed_as(local, 0, "PK\3\4") || number<uint16_t>(local, 8) != 0 ||
      number<uint16_t>(local, 26) != name.size() || !signed_as(local, kLocalSize, name)) {
    malformed("its record '", printable(name), "' is another one than the zip archive says");
  }
  const uint64_t data = entry.header + local.size() + number<uint16_t>(local, 28);
  if (data > entry.end || entry.size > entry.end - data) {
    malformed("its record '", printable(name), "' of ", entry.size, " bytes overlaps another one");
  }
  file_.read_at(data, to, entry.size);
}

}  // namespace thaw::weights
