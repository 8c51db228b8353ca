// State dicts in zip archives, as torch.save writes them since PyTorch 1.6.
#include "check.h"
#include "weights_files.h"

using files::dict;
using files::Folder;
using files::integer;
using files::raw;
using files::storage;
using files::tensor;
using files::text;
using files::tuple;
using thaw::weights::read_weights;

namespace {

constexpr const char* kMalformed = "ERR_WEIGHTS_FORMAT";

// torch 2.13.0 in Python, the record data.pkl of:
//   w = torch.arange(6.).reshape(2, 3)
//   torch.save(OrderedDict(w=w, t=w.t(), half=torch.tensor([1., .5]).half()), file)
const char* const kSharedPickle =
    "800263636f6c6c656374696f6e730a4f726465726564446963740a7100295271012858010000007771026374"
    "6f7263682e5f7574696c730a5f72656275696c645f74656e736f725f76320a71032828580700000073746f72"
    "616765710463746f7263680a466c6f617453746f726167650a71055801000000307106580300000063707571"
    "074b06747108514b004b024b038671094b034b0186710a8968002952710b74710c52710d580100000074710e"
    "6803282868046805680668074b0674710f514b004b034b028671104b014b0386711189680029527112747113"
    "527114580400000068616c66711568032828680463746f7263680a48616c6653746f726167650a7116580100"
    "000031711768074b02747118514b004b028571194b0185711a8968002952711b74711c52711d752e";

// The same with pickle_protocol=4, of OrderedDict(w=w, u=torch.tensor([1, 65535],
// dtype=torch.uint16))
const char* const kUntypedPickle =
    "80049510010000000000008c0b636f6c6c656374696f6e73948c0b4f72646572656444696374949394295294"
    "288c0177948c0c746f7263682e5f7574696c73948c125f72656275696c645f74656e736f725f763294939428"
    "288c0773746f72616765948c05746f726368948c0c466c6f617453746f726167659493948c0130948c036370"
    "75944b067494514b004b024b0386944b034b018694896802295294749452948c01759468058c125f72656275"
    "696c645f74656e736f725f7633949394282868088c0d746f7263682e73746f72616765948c0e556e74797065"
    "6453746f726167659493948c013194680d4b047494514b004b0285944b0185948968022952948c05746f7263"
    "68948c0675696e74313694939474945294752e";

const std::string kSixFloats = raw<float>({0, 1, 2, 3, 4, 5});

std::string six() { return storage("FloatStorage", "0", 6); }

// Reads an archive of one pickle and, mostly, the storage "0" of six floats.
thaw::weights::WeightsFile read_object(const std::string& object, files::Records more = {},
                                       const std::string& storage = kSixFloats,
                                       const thaw::weights::NetworkNames& networks = {}) {
  Folder folder;
  files::Records records = {{"data.pkl", files::pickle(object)}, {"data/0", storage}};
  records.insert(records.end(), more.begin(), more.end());
  files::put_zip(folder.file("x"), records);
  return read_weights(folder.file("x"), networks);
}

at::Tensor first(const thaw::weights::WeightsFile& file) { return file.tensors.at(0).second; }

using Names = std::vector<std::string>;

Names names(const thaw::weights::WeightsFile& file) {
  Names all;
  for (const auto& [name, tensor] : file.tensors) all.push_back(name);
  return all;
}

}  // namespace

TEST("files that are missing, folders, pipes, and files of other kinds") {
  Folder folder;
  CHECK_THROWS(read_weights(folder.file("missing")), "ERR_WEIGHTS_NOT_FOUND");
  CHECK_THROWS(read_weights(folder.file("missing/deeper")), "ERR_WEIGHTS_NOT_FOUND");
  CHECK_THROWS(read_weights(folder.path()), "ERR_IO");
  CHECK_THROWS(read_weights("/dev/null"), "ERR_IO");
  const std::pair<std::string, const char*> others[] = {
      {"", "empty"},
      {"hello", "no safetensors"},
      {"<!DOCTYPE html>", "no safetensors"},
      {"\x89HDF\r\n\x1a\n" + std::string(100, '\0'), "Keras"},
      {"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"},
      {"PK", "zip archive"},
      {"PK\x03\x04", "zip archive"},
      {"PK\x03\x04" + std::string(200, '\0'), "zip archive"}};
  for (const auto& [bytes, word] : others) {
    files::put(folder.file("x"), bytes);
    CHECK_EQUAL(files::outcome(folder.file("x")), kMalformed);
    const std::string message = files::message(folder.file("x"));
    CHECK(message.find(word) != std::string::npos);
    CHECK(message.find(folder.file("x")) != std::string::npos);
    CHECK(message.find('\n') == std::string::npos);  // no backtrace
  }
}

TEST("zip: every truncation is refused, no damage does more than that") {
  Folder folder;
  files::put_zip(folder.file("x"), {{"data.pkl", files::unhex(kSharedPickle)},
                                    {"data/0", kSixFloats},
                                    {"data/1", raw<uint16_t>({0x3c00, 0x3800})}});
  const std::string bytes = files::get(folder.file("x"));
  CHECK_EQUAL(files::outcome(folder.file("x")), "ok");
  CHECK_EQUAL(files::accepted_truncations(folder, bytes), 0);
  CHECK_EQUAL(files::other_outcomes(folder, bytes), 0);
}

TEST("zip: what torch.save wrote, with two views of one storage") {
  Folder folder;
  files::put_zip(folder.file("any name"), {{"data.pkl", files::unhex(kSharedPickle)},
                                           {"data/0", kSixFloats},
                                           {"data/1", raw<uint16_t>({0x3c00, 0x3800})}});
  const auto file = read_weights(folder.file("any name"));
  CHECK_EQUAL(file.format, "pytorch");
  CHECK((names(file) == Names{"w", "t", "half"}));
  const at::Tensor w = at::arange(6.).to(at::kFloat).view({2, 3});
  CHECK(files::tensor_of(file, "w").equal(w));
  CHECK(files::tensor_of(file, "t").equal(w.t()));
  CHECK(files::tensor_of(file, "t").is_contiguous());
  CHECK(files::tensor_of(file, "half").equal(at::tensor({1., .5}).to(at::kHalf)));
  // Memory of their own: writing into one does not show in the other.
  files::tensor_of(file, "t").zero_();
  CHECK(files::tensor_of(file, "w").equal(w));
}

TEST("zip: untyped storages and protocol 4") {
  Folder folder;
  files::put_zip(folder.file("x"), {{"data.pkl", files::unhex(kUntypedPickle)},
                                    {"data/0", kSixFloats},
                                    {"data/1", raw<uint16_t>({1, 65535})}});
  const at::Tensor u = files::tensor_of(read_weights(folder.file("x")), "u");
  CHECK_EQUAL(u.scalar_type(), at::kUInt16);
  CHECK(u.to(at::kInt).equal(at::tensor({1, 65535}, at::kInt)));
}

TEST("zip: storages that are missing, short, long or compressed away") {
  const std::string object = dict({text("a"), tensor(six(), 0, {6}, {1})});
  CHECK_THROWS(read_object(object, {}, kSixFloats.substr(4)), "ERR_WEIGHTS_FORMAT");
  CHECK_THROWS(read_object(object, {}, kSixFloats + "1234"), "ERR_WEIGHTS_FORMAT");
  CHECK_THROWS(read_object(dict({text("a"), tensor(storage("FloatStorage", "7", 6), 0, {6}, {1})})),
               "ERR_WEIGHTS_FORMAT");
  CHECK_THROWS(
      read_object(dict({text("a"), tensor(storage("FloatStorage", "../0", 6), 0, {6}, {1})})),
      "ERR_WEIGHTS_FORMAT");
  CHECK_THROWS(read_object(dict({text("a"), tensor(storage("FloatStorage", "0", int64_t{1} << 40),
                                                   0, {6}, {1})})),
               "ERR_WEIGHTS_FORMAT");
  // A zip bomb: 64 MB of zeros in some kilobytes.
  Folder folder;
  const int64_t many = 16 << 20;
  const std::string bomb =
      dict({text("a"), tensor(storage("FloatStorage", "0", many), 0, {many}, {1})});
  files::put_zip(folder.file("x"),
                 {{"data.pkl", files::pickle(bomb)}, {"data/0", std::string(4 * many, '\0')}},
                 /*compress=*/true);
  CHECK_EQUAL(files::outcome(folder.file("x")), kMalformed);
}

TEST("zip: a stride of zero may not make a small file large") {
  CHECK_EQUAL(first(read_object(dict({text("a"), tensor(six(), 2, {3, 2}, {0, 1})}))).numel(), 6);
  CHECK_THROWS(read_object(dict({text("a"), tensor(six(), 0, {int64_t{1} << 40}, {0})})),
               "ERR_WEIGHTS_FORMAT");
  std::vector<std::string> entries;
  for (int i = 0; i < 100; ++i) {
    entries.push_back(text(std::to_string(i)));
    entries.push_back(tensor(six(), 0, {1 << 20}, {0}));
  }
  CHECK_THROWS(read_object(dict(entries)), "ERR_WEIGHTS_FORMAT");
}

TEST("zip: objects that are no state dict") {
  for (const std::string& object :
       {std::string("N"), integer(1), std::string("]"), std::string("}"),
        tensor(six(), 0, {6}, {1}), dict({text("epoch"), integer(3)}),
        dict({text("state_dict"), "}"}), dict({integer(1), tensor(six(), 0, {6}, {1})})}) {
    CHECK_THROWS(read_object(object), "ERR_WEIGHTS_FORMAT");
  }
}

TEST("zip: a name used twice is refused") {
  const std::string one = tensor(six(), 0, {6}, {1});
  CHECK_THROWS(read_object(dict({text("a"), one, text("a"), one})), "ERR_WEIGHTS_FORMAT");
}

TEST("zip: an archive that is not PyTorch's") {
  Folder folder;
  files::put_zip(folder.file("x"), {{"something", "else"}});
  CHECK_EQUAL(files::outcome(folder.file("x")), kMalformed);
  CHECK(files::message(folder.file("x")).find("data.pkl") != std::string::npos);
}

TEST("zip: checkpoints keep their weights under a name of theirs, nested or not") {
  const std::string weights = dict({text("a"), tensor(six(), 0, {2, 3}, {3, 1})});
  const std::string other = dict({integer(0), tensor(six(), 0, {6}, {1})});
  const std::string best = tensor(six(), 0, {}, {});  // a tensor, but no weight
  const auto checkpoint = [&](const std::string& name, const std::string& inner) {
    return dict({text("epoch"), integer(3), text("best"), "G12345678", text("best_acc1"), best,
                 text("optimizer"), other, text(name), inner});
  };
  for (const char* name : {"state_dict", "model", "model_state_dict", "net", "network", "module",
                           "weights", "state_dict_ema", "model_ema", "ema"}) {
    CHECK((names(read_object(checkpoint(name, weights))) == Names{"a"}));
    CHECK((names(read_object(checkpoint("model", dict({text(name), weights})))) == Names{"a"}));
  }
  // A description of the model beside its weights, and the averaged weights beside the plain ones.
  const std::string described = dict({text("model"), dict({text("depth"), integer(50)}),
                                      text("ema"), dict({text("b"), best}), text("net"), weights});
  CHECK((names(read_object(described)) == Names{"a"}));
}

TEST("zip: what lies beside the weights in checkpoints is passed over, not made") {
  const std::string weights = dict({text("a"), tensor(six(), 0, {2, 3}, {3, 1})});
  const std::string options =
      files::global("argparse", "Namespace") + ")\x81" + dict({text("lr"), "G12345678"}) + "b";
  const std::string accuracy =
      files::global("numpy.core.multiarray", "scalar") +
      tuple({files::global("numpy", "dtype") + tuple({text("f8"), "\x89", "\x88"}) + "R",
             text("x")}) +
      "R";
  const std::string state = files::global("collections", "defaultdict") +
                            tuple({files::global("builtins", "dict")}) + "R" + text("k") + "Ns";
  const auto file = read_object(dict({text("args"), options, text("best"), accuracy, text("state"),
                                      state, text("model"), weights}));
  CHECK((names(file) == Names{"a"}));
}

TEST("zip: a checkpoint that contains itself, or one of many levels") {
  const std::string one = tensor(six(), 0, {6}, {1});
  CHECK(
      (names(read_object("}q\1" + text("model") + "h\1s" + text("a") + one + "s")) == Names{"a"}));
  CHECK_THROWS(read_object("}q\1" + text("model") + "h\1s"), "ERR_WEIGHTS_FORMAT");
  std::string many = dict({text("a"), one});
  for (int i = 0; i < 100; ++i) many = dict({text("model"), many});
  CHECK_THROWS(read_object(many), "ERR_WEIGHTS_FORMAT");
}

TEST("zip: one long name may not be given to many tensors") {
  const std::string name = text(std::string(1 << 20, 'a')) + "q\1";
  CHECK_THROWS(read_object(dict({name, tensor(six(), 0, {6}, {1})})), "ERR_WEIGHTS_FORMAT");
}

TEST("zip: the network's prefix is taken off") {
  const std::string one = tensor(six(), 0, {6}, {1});
  const Names network = {"conv1.weight", "bn1.weight", "fc.weight"};
  std::vector<std::string> entries;
  for (const std::string& name : network) {
    entries.push_back(text("module.backbone." + name));
    entries.push_back(one);
  }
  const std::string checkpoint = dict({text("state_dict"), dict(entries)});
  CHECK((names(read_object(checkpoint, {}, kSixFloats, {network})) == network));
  CHECK((names(read_object(checkpoint)).front() == "module.backbone.conv1.weight"));
}

TEST("zip: parameters, and an OrderedDict as Python 2 wrote it") {
  const std::string one = tensor(six(), 0, {6}, {1});
  const std::string hooks = files::global("collections", "OrderedDict") + ")R";
  const std::string parameter =
      files::global("torch._utils", "_rebuild_parameter") + tuple({one, "\x88", hooks}) + "R";
  const std::string old = files::global("torch.nn.parameter", "Parameter") + tuple({one}) + "R" +
                          tuple({"\x88", "\x89", hooks}) + "b";
  const std::string pairs = "](](U\1a" + parameter + "e](U\1b" + old + "ee";
  const auto file = read_object(files::global("collections", "OrderedDict") + tuple({pairs}) + "R");
  CHECK((names(file) == Names{"a", "b"}));
  CHECK(!first(file).requires_grad());
}

TEST("zip: a big-endian archive is swapped, an unknown order refused") {
  const std::string object =
      dict({text("a"), tensor(storage("ShortStorage", "0", 2), 0, {2}, {1}), text("c"),
            tensor(storage("ComplexFloatStorage", "1", 1), 0, {1}, {1})});
  const std::string two = {1, 2, 3, 4};
  const std::string complex = {0x3f, char(0x80), 0, 0, 0x40, 0, 0, 0};  // 1 + 2i
  const auto big = read_object(object, {{"byteorder", "big"}, {"data/1", complex}}, two);
  CHECK(first(big).equal(at::tensor({0x0102, 0x0304}, at::kShort)));
  CHECK(at::real(files::tensor_of(big, "c")).item<float>() == 1.f);
  CHECK(at::imag(files::tensor_of(big, "c")).item<float>() == 2.f);
  const auto little = read_object(object, {{"byteorder", "little"}, {"data/1", complex}}, two);
  CHECK(first(little).equal(at::tensor({0x0201, 0x0403}, at::kShort)));
  CHECK_THROWS(read_object(object, {{"byteorder", "middle"}, {"data/1", complex}}, two),
               "ERR_WEIGHTS_FORMAT");
}

TEST("zip: dtypes come from the storage's class") {
  const std::pair<const char*, at::ScalarType> types[] = {
      {"DoubleStorage", at::kDouble},     {"FloatStorage", at::kFloat}, {"HalfStorage", at::kHalf},
      {"BFloat16Storage", at::kBFloat16}, {"LongStorage", at::kLong},   {"IntStorage", at::kInt},
      {"ShortStorage", at::kShort},       {"CharStorage", at::kChar},   {"ByteStorage", at::kByte},
      {"BoolStorage", at::kBool}};
  for (const auto& [name, dtype] : types) {
    const std::string object = dict({text("a"), tensor(storage(name, "0", 2), 0, {2}, {1})});
    const auto file = read_object(object, {}, std::string(2 * c10::elementSize(dtype), '\0'));
    CHECK_EQUAL(first(file).scalar_type(), dtype);
    CHECK(first(file).equal(at::zeros({2}, dtype)));
  }
}

TEST_MAIN()
