// Zip archives by hand, right and wrong.
#include <array>
#include <optional>

#include "check.h"
#include "engine/weights/zip_directory.h"
#include "weights_files.h"

using files::raw;
using thaw::weights::InputFile;
using thaw::weights::ZipDirectory;

namespace {

// What an entry says of itself; the sizes are those of its bytes unless set.
struct Entry {
  std::string name;
  std::string bytes;
  uint16_t method = 0;
  uint16_t flags = 0;
  std::optional<uint32_t> stored = {};
  std::optional<uint32_t> size = {};
  std::optional<uint32_t> header = {};
  std::string extra = "";
  std::string local_name = name;
};

struct End {
  std::optional<uint16_t> entries = {};
  std::optional<uint32_t> size = {};
  std::optional<uint32_t> begin = {};
  std::string comment = "";
  // Of the 64-bit form, where there is one: entries, size, begin, where it lies.
  std::optional<std::array<uint64_t, 4>> wide = {};
};

std::string zip(const std::vector<Entry>& entries, const End& end = {}) {
  std::string file, table;
  for (const Entry& entry : entries) {
    const auto size = static_cast<uint32_t>(entry.bytes.size());
    const auto name_size = static_cast<uint16_t>(entry.local_name.size());
    const std::string sizes =
        raw<uint32_t>({0, entry.stored.value_or(size), entry.size.value_or(size)});
    const auto header = static_cast<uint32_t>(file.size());
    file += "PK\3\4" + raw<uint16_t>({20, entry.flags, entry.method, 0, 0}) + sizes +
            raw<uint16_t>({name_size, 0}) + entry.local_name + entry.bytes;
    table += "PK\1\2" + raw<uint16_t>({20, 20, entry.flags, entry.method, 0, 0}) + sizes +
             raw<uint16_t>({static_cast<uint16_t>(entry.name.size()),
                            static_cast<uint16_t>(entry.extra.size()), 0, 0, 0, 0, 0}) +
             raw<uint32_t>({entry.header.value_or(header)}) + entry.name + entry.extra;
  }
  const auto begin = static_cast<uint32_t>(file.size());
  const auto count = static_cast<uint16_t>(entries.size());
  const auto size = static_cast<uint32_t>(table.size());
  file += table;
  if (end.wide) {
    const auto& [wide_count, wide_size, wide_begin, at] = *end.wide;
    file += "PK\6\6" + raw<uint64_t>({44}) + raw<uint16_t>({45, 45}) + raw<uint32_t>({0, 0}) +
            raw<uint64_t>({wide_count, wide_count, wide_size, wide_begin}) +
            std::string("PK\6\7\0\0\0\0", 8) + raw<uint64_t>({at}) + raw<uint32_t>({1});
  }
  return file + "PK\5\6" +
         raw<uint16_t>({0, 0, end.entries.value_or(count), end.entries.value_or(count)}) +
         raw<uint32_t>({end.size.value_or(size), end.begin.value_or(begin)}) +
         raw<uint16_t>({static_cast<uint16_t>(end.comment.size())}) + end.comment;
}

std::string content(const std::string& archive, const std::string& name) {
  const InputFile file("memory", archive);
  const ZipDirectory directory(file);
  std::string bytes(directory.size(name), '\0');
  directory.read(name, bytes.data());
  return bytes;
}

// Opens it and reads "a".
#define CHECK_REFUSED(archive) CHECK_THROWS(content(archive, "a"), "ERR_WEIGHTS_FORMAT")

const Entry kA = {"a", "12345678"};
const Entry kB = {"b", "9"};

}  // namespace

TEST("zip directory: what is right is read") {
  CHECK_EQUAL(content(zip({kA, kB}), "a"), "12345678");
  CHECK_EQUAL(content(zip({kB, kA}), "a"), "12345678");
  CHECK_EQUAL(content(zip({{"folder/", ""}, kA}), "a"), "12345678");
  CHECK_EQUAL(content(zip({kA}, {.comment = "PK\5\6, said the archive"}), "a"), "12345678");
  CHECK_EQUAL(content(zip({kA, {"a..b/c", ""}}), "a"), "12345678");
  CHECK_REFUSED(zip({}));
  CHECK_REFUSED(zip({kB}));
}

TEST("zip directory: every truncation, and anything behind the end, is refused") {
  const std::string whole = zip({kA, kB});
  for (size_t size = 0; size < whole.size(); ++size) CHECK_REFUSED(whole.substr(0, size));
  CHECK_REFUSED(whole + "x");
  CHECK_REFUSED("x" + whole);
}

TEST("zip directory: entries that are compressed or encrypted are never expanded") {
  Entry deflated = kA;
  deflated.method = 8;
  deflated.size = UINT32_MAX - 1;
  CHECK_REFUSED(zip({deflated}));
  CHECK_EQUAL(content(zip({deflated, kB}), "b"), "9");  // TorchScript's code is compressed
  Entry longer = kA;
  longer.size = 9;
  CHECK_REFUSED(zip({longer}));
  Entry encrypted = kA;
  encrypted.flags = 1;
  CHECK_REFUSED(zip({encrypted}));
}

TEST("zip directory: names that are used twice or lead out of the archive") {
  CHECK_REFUSED(zip({kA, kA}));
  for (const std::string& name :
       {std::string(), std::string("/a"), std::string("../a"), std::string("b/../../a"),
        std::string("b/.."), std::string(".."), std::string("b\\a"), std::string("a\0b", 3)}) {
    CHECK_REFUSED(zip({kA, {name, ""}}));
  }
}

TEST("zip directory: entries that overlap or reach beyond the file") {
  Entry long_a = kA;
  long_a.stored = long_a.size = 9;
  CHECK_REFUSED(zip({long_a, kB}));
  CHECK_REFUSED(zip({long_a}));
  long_a.stored = long_a.size = UINT32_MAX - 1;
  CHECK_REFUSED(zip({long_a}));
  Entry same = kB;
  same.header = 0;
  CHECK_REFUSED(zip({kA, same}));
  Entry beyond = kA;
  for (const uint32_t header :
       {uint32_t{1}, uint32_t{39}, uint32_t{40}, UINT32_MAX - 1, UINT32_MAX}) {
    beyond.header = header;
    CHECK_REFUSED(zip({beyond}));
  }
  Entry renamed = kA;
  renamed.local_name = "b";
  CHECK_REFUSED(zip({renamed}));
}

TEST("zip directory: an end that lies") {
  for (const uint16_t entries : {0, 2, 0xffff}) CHECK_REFUSED(zip({kA}, {.entries = entries}));
  for (const uint32_t size : {uint32_t{0}, uint32_t{46}, uint32_t{48}, UINT32_MAX}) {
    CHECK_REFUSED(zip({kA}, {.size = size}));
  }
  for (const uint32_t begin : {uint32_t{0}, uint32_t{38}, uint32_t{40}, UINT32_MAX}) {
    CHECK_REFUSED(zip({kA}, {.begin = begin}));
  }
}

TEST("zip directory: the 64-bit end, and one that lies") {
  // The table of one entry begins at byte 39 and has 47 bytes.
  const auto with = [](std::array<uint64_t, 4> wide, End end = {}) {
    end.wide = wide;
    return zip({kA}, end);
  };
  const End unsaid = {.entries = 0xffff, .size = UINT32_MAX, .begin = UINT32_MAX};
  CHECK_EQUAL(content(with({1, 47, 39, 86}), "a"), "12345678");
  CHECK_EQUAL(content(with({1, 47, 39, 86}, unsaid), "a"), "12345678");
  CHECK_REFUSED(with({1, 47, 39, 86}, {.entries = 2}));
  CHECK_REFUSED(with({1, 47, 39, 86}, {.size = 48}));
  CHECK_REFUSED(with({1, 47, 39, 86}, {.begin = 40}));
  const uint64_t huge[] = {0, 40, 1000, UINT64_MAX, uint64_t{1} << 62, UINT64_MAX - 46};
  for (const uint64_t lie : huge) {
    CHECK_REFUSED(with({lie, 47, 39, 86}, unsaid));
    CHECK_REFUSED(with({1, lie, 39, 86}, unsaid));
    CHECK_REFUSED(with({1, 47, lie, 86}, unsaid));
    CHECK_REFUSED(with({1, 47, 39, lie}, unsaid));
    CHECK_REFUSED(with({1, lie, 86 - lie, 86}, unsaid));
  }
}

TEST("zip directory: 64-bit sizes of an entry, and ones that lie") {
  const auto extra = [](std::initializer_list<uint64_t> numbers) {
    return raw<uint16_t>({0x4642, 2}) + "FB" +
           raw<uint16_t>({1, static_cast<uint16_t>(8 * numbers.size())}) + raw<uint64_t>(numbers);
  };
  Entry wide = kA;
  wide.stored = wide.size = wide.header = UINT32_MAX;
  wide.extra = extra({8, 8, 0});
  CHECK_EQUAL(content(zip({wide}), "a"), "12345678");
  for (const std::string& lie :
       {extra({}), extra({8, 8}), extra({9, 9, 0}), extra({8, 9, 0}), extra({8, 8, 1}),
        extra({UINT64_MAX, UINT64_MAX, 0}), extra({8, 8, UINT64_MAX}),
        extra({UINT64_MAX - 30, UINT64_MAX - 30, 0}), extra({8, 8, 0}).substr(0, 20),
        std::string("\1\0\xff\xff", 4), std::string("\1")}) {
    wide.extra = lie;
    CHECK_REFUSED(zip({wide}));
  }
}

TEST("zip directory: Keras' archives are named as such") {
  files::Folder folder;
  files::put(folder.file("x"), zip({{"metadata.json", "{}"}, {"model.weights.h5", "HDF"}}));
  CHECK_EQUAL(files::outcome(folder.file("x")), "ERR_WEIGHTS_FORMAT");
  CHECK(files::message(folder.file("x")).find("Keras") != std::string::npos);
}

TEST("zip directory: what libtorch's writer makes") {
  files::Folder folder;
  files::put_zip(folder.file("x"), {{"data.pkl", "N."}, {"data/0", std::string(1000, 'x')}});
  const std::string archive = files::get(folder.file("x"));
  CHECK_EQUAL(content(archive, "x/data/0"), std::string(1000, 'x'));
}

TEST_MAIN()
