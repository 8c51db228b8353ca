#include "check.h"
#include "engine/weights/safetensors.h"
#include "weights_files.h"

using files::Folder;
using thaw::weights::read_safetensors;
using thaw::weights::write_safetensors;

namespace {

// safetensors 0.8.0 and torch 2.13.0 in Python:
//   safetensors.torch.save(OrderedDict(h=torch.tensor([1., -2.]).half(), n=torch.tensor(7),
//       w=torch.tensor([[1.5, -2.]])), metadata={'k': 'caf\u00e9 "x"'})
const char* const kReference =
    "c8000000000000007b225f5f6d657461646174615f5f223a7b226b223a22636166c3a9205c22785c22227d2c"
    "226e223a7b226474797065223a22493634222c227368617065223a5b5d2c22646174615f6f66667365747322"
    "3a5b302c385d7d2c2277223a7b226474797065223a22463332222c227368617065223a5b312c325d2c226461"
    "74615f6f666673657473223a5b382c31365d7d2c2268223a7b226474797065223a22463136222c2273686170"
    "65223a5b325d2c22646174615f6f666673657473223a5b31362c32305d7d7d2007000000000000000000c03f"
    "000000c0003c00c0";

std::string with_header(const std::string& header, size_t data_size) {
  return files::raw<uint64_t>({header.size()}) + header + std::string(data_size, '\1');
}

// The outcome of a file with this header and that many bytes of data.
std::string outcome_of(const std::string& header, size_t data_size) {
  Folder folder;
  files::put(folder.file("x"), with_header(header, data_size));
  return files::outcome(folder.file("x"));
}

std::string entry(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return "{\"dtype\":\"" + dtype + "\",\"shape\":[" + shape + "],\"data_offsets\":[" + offsets +
         "]}";
}

constexpr const char* kMalformed = "ERR_WEIGHTS_FORMAT";

}  // namespace

TEST("safetensors: every truncation is refused, no damage does more than that") {
  Folder folder;
  CHECK_EQUAL(files::accepted_truncations(folder, files::unhex(kReference)), 0);
  CHECK_EQUAL(files::other_outcomes(folder, files::unhex(kReference)), 0);
}

TEST("safetensors: header lengths beyond the file or the limit are refused") {
  Folder folder;
  for (const uint64_t length : {uint64_t{3}, uint64_t{100}, uint64_t{100'000'001},
                                uint64_t{1} << 62, ~uint64_t{0}, ~uint64_t{7}}) {
    files::put(folder.file("x"), files::raw<uint64_t>({length}) + "{}");
    CHECK_THROWS(read_safetensors(folder.file("x")), "ERR_WEIGHTS_FORMAT");
  }
}

TEST("safetensors: shapes and offsets that do not fit are refused") {
  const auto one = [](const std::string& dtype, const std::string& shape,
                      const std::string& offsets, size_t data) {
    return outcome_of("{\"a\":" + entry(dtype, shape, offsets) + "}", data);
  };
  CHECK_EQUAL(one("F32", "2", "0,8", 8), "ok");
  CHECK_EQUAL(one("F32", "2", "0,8", 4), kMalformed);    // beyond the file
  CHECK_EQUAL(one("F32", "2", "0,8", 12), kMalformed);   // bytes that belong to nothing
  CHECK_EQUAL(one("F32", "2", "4,12", 12), kMalformed);  // a hole
  CHECK_EQUAL(one("F32", "2", "8,0", 8), kMalformed);
  CHECK_EQUAL(one("F32", "2", "0,4", 4), kMalformed);
  CHECK_EQUAL(one("F32", "2", "-8,0", 8), kMalformed);
  CHECK_EQUAL(one("F32", "-2,-1", "0,8", 8), kMalformed);
  CHECK_EQUAL(one("F32", "2", "0", 8), kMalformed);
  CHECK_EQUAL(one("F32", "2", "0,8,8", 8), kMalformed);
  CHECK_EQUAL(one("F32", "4611686018427387904", "0,0", 0), kMalformed);  // 2^62 * 4 = 0 (mod 2^64)
  CHECK_EQUAL(one("F32", "4294967296,4294967296", "0,0", 0), kMalformed);
  CHECK_EQUAL(one("F32", "4611686018427387904,4,0", "0,0", 0), kMalformed);  // strides overflow
  CHECK_EQUAL(one("U8", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1", "0,1", 1), kMalformed);
  CHECK_EQUAL(one("F33", "2", "0,8", 8), kMalformed);
  CHECK_EQUAL(one("F32", "2.0", "0,8", 8), kMalformed);
  CHECK_EQUAL(one("F32", "\"2\"", "0,8", 8), kMalformed);
  CHECK_EQUAL(one("F32", "0", "0,0", 0), "ok");
}

TEST("safetensors: overlapping tensors and names used twice are refused") {
  const auto two = [](const std::string& first, const std::string& second, const char* name) {
    return outcome_of("{\"a\":" + entry("F32", "2", first) + ",\"" + name +
                          "\":" + entry("F32", "2", second) + "}",
                      16);
  };
  CHECK_EQUAL(two("0,8", "8,16", "b"), "ok");
  CHECK_EQUAL(two("8,16", "0,8", "b"), "ok");
  CHECK_EQUAL(two("0,8", "0,8", "b"), kMalformed);
  CHECK_EQUAL(two("0,8", "4,12", "b"), kMalformed);
  CHECK_EQUAL(two("0,8", "8,16", "a"), kMalformed);
}

TEST("safetensors: headers of another form are refused") {
  for (const char* header : {"[]", "{\"a\":1}", "{\"a\":{}}", "{\"__metadata__\":[]}",
                             "{\"__metadata__\":{\"a\":1}}", "{\"a\":{\"dtype\":\"F32\"}}",
                             "{\"a\":{\"dtype\":1,\"shape\":[],\"data_offsets\":[0,4]}}"}) {
    CHECK_EQUAL(outcome_of(header, 0), kMalformed);
  }
  CHECK_EQUAL(outcome_of("{}", 0), "ok");
}

TEST("safetensors: the reader knows what the reference library wrote") {
  Folder folder;
  files::put(folder.file("x"), files::unhex(kReference));
  const auto file = thaw::weights::read_weights(folder.file("x"));
  CHECK_EQUAL(file.format, "safetensors");
  CHECK_EQUAL(file.metadata.at("k"), "caf\xc3\xa9 \"x\"");
  CHECK_EQUAL(file.tensors.size(), 3u);
  CHECK(files::tensor_of(file, "h").equal(at::tensor({1., -2.}).to(at::kHalf)));
  CHECK(files::tensor_of(file, "n").equal(at::tensor(7, at::kLong).squeeze()));
  CHECK(files::tensor_of(file, "w").equal(at::tensor({1.5, -2.}, at::kFloat).view({1, 2})));
}

TEST("safetensors: the writer lays the same tensors out as the reference library") {
  Folder folder;
  const auto reference = files::unhex(kReference);
  files::put(folder.file("x"), reference);
  const auto file = read_safetensors(folder.file("x"));
  write_safetensors(folder.file("y"), file.tensors, file.metadata);
  // But for the checksum in its metadata.
  const auto parts = [](const std::string& bytes) {
    uint64_t size = 0;
    std::memcpy(&size, bytes.data(), sizeof size);
    std::string header = bytes.substr(sizeof size, size);
    header.erase(header.find_last_not_of(' ') + 1);
    return std::pair(header, bytes.substr(sizeof size + size));
  };
  auto [header, data] = parts(files::get(folder.file("y")));
  const size_t begin = header.find("\"checksum\"");
  CHECK(begin != std::string::npos);
  header.erase(begin, header.find(',', begin) + 1 - begin);
  CHECK(std::pair(header, data) == parts(reference));
}

TEST("safetensors: every bit that is turned in a file of ours is noticed") {
  Folder folder;
  const std::string path = folder.file("x");
  write_safetensors(path,
                    {{"a.weight", at::arange(5, at::kFloat)}, {"b", at::tensor(3, at::kLong)}},
                    {{"format", "f"}, {"thaw", "{\"classes\":[\"a\"]}"}});
  CHECK(read_safetensors(path).checked);
  const std::string bytes = files::get(path);
  int missed = 0;
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    files::put(folder.file("y"), damaged);
    try {
      read_safetensors(folder.file("y"));
      std::printf("  bit %zu\n", bit);
      ++missed;
    } catch (const thaw::Error&) {
    }
  }
  CHECK_EQUAL(missed, 0);
}

TEST("safetensors: names, dtypes, order and metadata survive") {
  Folder folder;
  const std::string path = folder.file("x.safetensors");
  thaw::StateDict tensors;
  for (const at::ScalarType dtype :
       {at::kBool, at::kByte, at::kChar, at::kShort, at::kInt, at::kLong, at::kHalf, at::kBFloat16,
        at::kFloat, at::kDouble, at::kComplexFloat, at::kUInt16, at::kUInt32, at::kUInt64}) {
    tensors.emplace_back(c10::toString(dtype), at::tensor({0, 1, 2, 3, 5}, at::kInt).to(dtype));
  }
  tensors.emplace_back("empty", at::empty({0, 4}));
  tensors.emplace_back("scalar", at::scalar_tensor(3.5));
  tensors.emplace_back("strided \"\xc3\xa9\"", at::arange(12.).view({3, 4}).t());
  tensors.emplace_back(
      "channels last",
      at::arange(24.).view({1, 2, 3, 4}).contiguous(at::MemoryFormat::ChannelsLast));
  tensors.emplace_back("trained", at::ones({2}).set_requires_grad(true));
  write_safetensors(path, tensors, {{"classes", "[\"a\",\n\"b\"]"}});

  const auto file = read_safetensors(path);
  CHECK_EQUAL(file.metadata.at("classes"), "[\"a\",\n\"b\"]");
  CHECK_EQUAL(file.tensors.size(), tensors.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    const at::Tensor &read = file.tensors[i].second, &written = tensors[i].second;
    CHECK_EQUAL(file.tensors[i].first, tensors[i].first);
    CHECK_EQUAL(read.scalar_type(), written.scalar_type());
    CHECK(read.is_contiguous() && !read.requires_grad());
    CHECK_EQUAL(read.sizes(), written.sizes());
    CHECK(read.to(at::kComplexDouble).equal(written.detach().to(at::kComplexDouble)));
  }
}

TEST("safetensors: any byte becomes a proper bool") {
  Folder folder;
  const std::string header = "{\"a\":" + entry("BOOL", "3", "0,3") + "}";
  files::put(folder.file("x"),
             files::raw<uint64_t>({header.size()}) + header + std::string("\0\2\xff", 3));
  const auto file = read_safetensors(folder.file("x"));
  const auto* bytes = static_cast<const uint8_t*>(file.tensors[0].second.const_data_ptr());
  CHECK(bytes[0] == 0 && bytes[1] == 1 && bytes[2] == 1);
}

TEST("safetensors: what cannot be written is refused before the file is touched") {
  Folder folder;
  const std::string path = folder.file("x");
  files::put(path, "old");
  const at::Tensor one = at::ones({1});
  CHECK_THROWS(write_safetensors(path, {{"a", one}, {"a", one}}, {}), "ERR_WEIGHTS_FORMAT");
  CHECK_THROWS(write_safetensors(path, {{"__metadata__", one}}, {}), "ERR_WEIGHTS_FORMAT");
  CHECK_THROWS(write_safetensors(path, {{"\xff", one}}, {}), "ERR_WEIGHTS_FORMAT");
  CHECK_THROWS(write_safetensors(path, {{"a", one.to(at::kComplexDouble)}}, {}),
               "ERR_WEIGHTS_FORMAT");
  CHECK_THROWS(write_safetensors(folder.file("no/x"), {{"a", one}}, {}), "ERR_IO");
  CHECK_EQUAL(files::get(path), "old");
}

TEST_MAIN()
