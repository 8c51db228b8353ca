#include "check.h"
#include "engine/weights/pickle.h"
#include "weights_files.h"

namespace pickle = thaw::weights::pickle;
using files::global;
using files::integer;
using files::text;
using files::tuple;
using pickle::Dialect;
using pickle::Kind;

namespace {

pickle::Pickle read_bytes(const std::string& bytes, Dialect dialect = Dialect::kStateDict) {
  thaw::weights::MemorySource source(bytes.data(), bytes.size());
  return pickle::read(source, dialect);
}

pickle::Pickle read(const std::string& value, Dialect dialect = Dialect::kStateDict) {
  return read_bytes(files::pickle(value), dialect);
}

std::string complaint(const std::string& value) {
  try {
    (void)read(value);
  } catch (const thaw::Error& error) {
    return error.what();
  }
  return "";
}

std::string repeat(const std::string& code, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += code;
  return all;
}

}  // namespace

TEST("pickle: objects that run code are refused by name") {
  const std::string argument = tuple({text("echo")});
  const std::pair<const char*, const char*> evil[] = {
      {"os", "system"},
      {"posix", "system"},
      {"builtins", "eval"},
      {"builtins", "exec"},
      {"builtins", "getattr"},
      {"subprocess", "Popen"},
      {"torch", "load"},
      {"torch.hub", "load"},
      {"torch.storage", "_load_from_bytes"},
      {"torch", "FloatStorage "},
      {"torch", ""},
      {"collections", "OrderedDict.fromkeys"},
      {"torch._utils", "_rebuild_device_tensor_from_numpy"},
      {"__torch__.os", "system"}};
  for (const auto& [module, name] : evil) {
    CHECK_THROWS(read(global(module, name)), "ERR_WEIGHTS_FORMAT");
    CHECK_THROWS(read(global(module, name) + argument + "R"), "ERR_WEIGHTS_FORMAT");
    CHECK_THROWS(read(text(module) + text(name) + "\x93" + argument + "R"), "ERR_WEIGHTS_FORMAT");
  }
  CHECK(complaint(global("os", "system")).find("os.system") != std::string::npos);
  // A name made to garble the terminal.
  CHECK(complaint(global("o\x1b[2Js", "x")).find('\x1b') == std::string::npos);
}

TEST("pickle: a TorchScript class is an object only in a TorchScript archive, and never runs") {
  const std::string object =
      global("__torch__.M", "M") + ")\x81" + files::dict({text("a"), "N"}) + "b";
  CHECK_THROWS(read(object), "ERR_WEIGHTS_FORMAT");
  const pickle::Pickle pickled = read(object, Dialect::kTorchScript);
  CHECK(pickled.root->kind == Kind::kObject);
  CHECK_EQUAL(pickled.root->state->items[0]->text, "a");
  CHECK_THROWS(read(global("os", "system"), Dialect::kTorchScript), "ERR_WEIGHTS_FORMAT");
}

TEST("pickle: operations that torch.save never writes are refused") {
  for (const char* code : {"I1\n", "L1\n", "F1\n", "S'a'\n", "Va\n", "P0\n", "(d", "(l", "2",
                           "(ios\nsystem\n", "(o", "\x82\x01", "\x97", "\x92"}) {
    CHECK_THROWS(read(code), "ERR_WEIGHTS_FORMAT");
  }
  CHECK_THROWS(read_bytes("\x80\x01N."), "ERR_WEIGHTS_FORMAT");
  CHECK_THROWS(read_bytes("\x80\x06N."), "ERR_WEIGHTS_FORMAT");
  CHECK_THROWS(read_bytes("N."), "ERR_WEIGHTS_FORMAT");
}

TEST("pickle: values that are not there") {
  for (const char* code :
       {"",  "t",    "a",    "e",    "s",    "u",   "R",   "b",         "Q",  "0",
        "1", "\x81", "\x85", "\x93", "\x94", "q\1", "h\1", "j\1\1\1\1", "N(", "NN",
        "(", "N(0",  "](N",  "]a",   "}(Nu", "}Ns", "N(Q", "](a"}) {
    CHECK_THROWS(read(code), "ERR_WEIGHTS_FORMAT");
  }
}

TEST("pickle: functions with other arguments than theirs") {
  const std::string rebuild = global("torch._utils", "_rebuild_tensor_v2");
  for (const std::string& code : std::vector<std::string>{
           rebuild + ")R", rebuild + "NR", rebuild + tuple({"N"}) + "R", "N)R",
           text("os.system") + ")R",
           rebuild + tuple({files::storage("FloatStorage", "0", 1), "N", ")", ")"}) + "R",
           rebuild +
               tuple({files::storage("FloatStorage", "0", 1), integer(0), tuple({"N"}), ")"}) + "R",
           global("collections", "OrderedDict") + tuple({integer(1)}) + "R",
           global("collections", "OrderedDict") + tuple({"](" + integer(1) + "e"}) + "R",
           global("torch", "FloatStorage") + ")R", global("torch", "float32") + ")R",
           global("torch._utils", "_rebuild_parameter") + tuple({"N"}) + "R", "N)\x81",
           rebuild + ")\x81", "NNb"}) {
    CHECK_THROWS(read(code), "ERR_WEIGHTS_FORMAT");
  }
}

TEST("pickle: persistent ids that are no storage, or an impossible one") {
  for (const std::string& code : std::vector<std::string>{
           text("storage") + "Q", ")Q", tuple({text("module")}) + "Q",
           tuple({text("storage"), text("x"), text("0"), text("cpu"), integer(1)}) + "Q",
           tuple({text("storage"), global("torch", "Size"), text("0"), text("cpu"), integer(1)}) +
               "Q",
           files::storage("FloatStorage", "0", -1), files::storage("FloatStorage", "0", INT64_MAX),
           files::storage("QInt8Storage", "0", 1),
           tuple({files::storage("FloatStorage", "0", 1), files::storage("FloatStorage", "0", 2)}),
           tuple({files::storage("FloatStorage", "0", 1), files::storage("IntStorage", "0", 1)})}) {
    CHECK_THROWS(read(code), "ERR_WEIGHTS_FORMAT");
  }
}

TEST("pickle: tensors that reach beyond their storage") {
  const auto view = [](int64_t offset, std::vector<int64_t> sizes, std::vector<int64_t> strides) {
    return files::tensor(files::storage("FloatStorage", "0", 6), offset, sizes, strides);
  };
  CHECK(read(view(0, {2, 3}, {3, 1})).root->kind == Kind::kTensor);
  CHECK(read(view(5, {1}, {100})).root->kind == Kind::kTensor);
  CHECK(read(view(6, {0}, {1})).root->kind == Kind::kTensor);
  CHECK(read(view(5, {}, {})).root->kind == Kind::kTensor);
  for (const std::string& code : std::vector<std::string>{
           view(1, {2, 3}, {3, 1}),
           view(0, {7}, {1}),
           view(0, {2, 3}, {4, 1}),
           view(6, {}, {}),
           view(7, {0}, {1}),
           view(-1, {2}, {1}),
           view(3, {2}, {-1}),
           view(0, {-2}, {1}),
           view(0, {-1, -6}, {6, 1}),
           view(0, {2, 3}, {3}),
           view(0, {2}, {3, 1}),
           view(INT64_MAX, {2}, {1}),
           view(0, {2}, {INT64_MAX}),
           view(1, {2}, {INT64_MAX}),
           view(0, {int64_t{1} << 62}, {1}),
           view(0, {int64_t{1} << 62, 4}, {0, 0}),
           view(0, {int64_t{1} << 32, int64_t{1} << 32}, {0, 0}),
           view(0, {int64_t{1} << 62, 4, 0}, {1, 1, 1}),
           view(INT64_MIN, {1}, {1}),
           view(0, std::vector<int64_t>(17, 1), std::vector<int64_t>(17, 1))}) {
    CHECK_THROWS(read(code), "ERR_WEIGHTS_FORMAT");
  }
}

TEST("pickle: bombs end in a refusal, not in memory or recursion") {
  CHECK_THROWS(read(repeat("(", 2'000'000)), "ERR_WEIGHTS_FORMAT");
  CHECK_THROWS(read(repeat("N", 2'000'000)), "ERR_WEIGHTS_FORMAT");
  CHECK_THROWS(read(repeat("]0", 2'000'000)), "ERR_WEIGHTS_FORMAT");
  CHECK_THROWS(read("](" + repeat("h\1", 10)), "ERR_WEIGHTS_FORMAT");
  // The same long list of pairs, made a dictionary again and again.
  const std::string pair = tuple({text("k"), "N"}) + "q\1";
  const std::string list = pair + "0](" + repeat("h\1", 100'000) + "eq\2" + "0";
  const std::string call = global("collections", "OrderedDict") + "(h\2tR0";
  CHECK_THROWS(read(list + repeat(call, 1000) + "N"), "ERR_WEIGHTS_FORMAT");
  // Strings that claim more than there is.
  for (const char* head :
       {"X\xff\xff\xff\xff", "X\xff\xff\xff\x7f", "B\xff\xff\xff\xff",
        "\x8d\xff\xff\xff\xff\xff\xff\xff\xff", "\x8b\xff\xff\xff\xff", "\x8a\xff"}) {
    CHECK_THROWS(read(std::string(head) + "a"), "ERR_WEIGHTS_FORMAT");
  }
  CHECK_THROWS(read("c" + std::string(100'000, 'a')), "ERR_WEIGHTS_FORMAT");
  CHECK_THROWS(read("Nq\1" + repeat("h\1"
                                    "0",
                                    3'000'000)),
               "ERR_WEIGHTS_FORMAT");
  // One long string that is the name of many classes, or the key of many storages.
  const std::string kept = text("__torch__" + std::string(1 << 20, 'a')) + "q\1" + "0";
  CHECK_THROWS(read(kept +
                        repeat("h\1h\1\x93"
                               "0",
                               100'000) +
                        "N",
                    Dialect::kTorchScript),
               "ERR_WEIGHTS_FORMAT");
  const std::string id = "(" + text("storage") + global("torch", "FloatStorage") + "h\1" +
                         text("cpu") + integer(1) + "tQ0";
  CHECK_THROWS(read(kept + repeat(id, 10'000) + "N"), "ERR_WEIGHTS_FORMAT");
  // Ten levels of ten recollections each: nine values and one list a level, whatever it stands for.
  std::string laughs = text("ha") + "q\1";
  for (char level = 2; level <= 11; ++level) {
    laughs += "](" + repeat(std::string("h") + static_cast<char>(level - 1), 10) + "eq" + level;
  }
  CHECK_EQUAL(read("](" + laughs + "e").root->items.size(), 11u);
}

TEST("pickle: deep nesting and cycles are values like others") {
  CHECK(read(repeat("]", 1) + repeat("\x85", 200'000)).root->kind == Kind::kTuple);
  CHECK(read("]q\1h\1a").root->items[0]->kind == Kind::kList);  // a list that contains itself
}

TEST("pickle: numbers") {
  CHECK_EQUAL(read("J\xfe\xff\xff\xff").root->integer, -2);
  CHECK_EQUAL(read("K\xff").root->integer, 255);
  CHECK_EQUAL(read("M\xff\xff").root->integer, 65535);
  CHECK_EQUAL(read(std::string("\x8a\0", 2)).root->integer, 0);
  CHECK_EQUAL(read("\x8a\1\xff").root->integer, -1);
  CHECK_EQUAL(read("\x8a\2\1\x80").root->integer, -32767);
  CHECK_EQUAL(read(integer(INT64_MIN)).root->integer, INT64_MIN);
  CHECK(read(std::string("\x8a\x09\0\0\0\0\0\0\0\x80\0", 11)).root->kind == Kind::kLong);
  CHECK(read("G12345678").root->kind == Kind::kOther);
}

TEST("pickle: strings must be UTF-8") {
  CHECK_EQUAL(read(text("caf\xc3\xa9")).root->text, "caf\xc3\xa9");
  CHECK_THROWS(read(text("\xff")), "ERR_WEIGHTS_FORMAT");
  CHECK_EQUAL(read("U\2ab").root->text, "ab");  // Python 2
}

TEST_MAIN()
