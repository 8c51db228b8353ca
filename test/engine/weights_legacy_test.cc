// State dicts as torch.save wrote them before PyTorch 1.6.
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

// torch 2.13.0 in Python:
//   torch.save(OrderedDict(a=torch.tensor([[1.5, -2.], [3., 4.]]), b=torch.tensor(7)), file,
//              _use_new_zipfile_serialization=False)
const char* const kReference =
    "80028a0a6cfc9c46f9206aa850192e80024de9032e80027d710028581000000070726f746f636f6c5f766572"
    "73696f6e71014de903580d0000006c6974746c655f656e6469616e710288580a000000747970655f73697a65"
    "7371037d710428580500000073686f727471054b025803000000696e7471064b0458040000006c6f6e677107"
    "4b0475752e800263636f6c6c656374696f6e730a4f726465726564446963740a710029527101285801000000"
    "61710263746f7263682e5f7574696c730a5f72656275696c645f74656e736f725f76320a7103282858070000"
    "0073746f72616765710463746f7263680a466c6f617453746f726167650a7105580e00000039343137353738"
    "323730383839367106580300000063707571074b044e747108514b004b024b028671094b024b0186710a8968"
    "002952710b74710c52710d580100000062710e68032828680463746f7263680a4c6f6e6753746f726167650a"
    "710f580e0000003934313735363937333931333238711068074b014e747111514b0029298968002952711274"
    "7113527114752e80025d710028580e00000039343137353639373339313332387101580e0000003934313735"
    "3738323730383839367102652e0100000000000000070000000000000004000000000000000000c03f000000"
    "c00000404000008040";

const std::string kOneTensor =
    dict({text("a"), tensor(storage("FloatStorage", "0", 2), 0, {2}, {1})});
const std::string kTwoFloats = raw<int64_t>({2}) + raw<float>({5, 6});

std::string outcome_of(const std::string& bytes) {
  Folder folder;
  files::put(folder.file("x"), bytes);
  return files::outcome(folder.file("x"));
}

constexpr const char* kMalformed = "ERR_WEIGHTS_FORMAT";

}  // namespace

TEST("legacy: every truncation is refused, no damage does more than that") {
  Folder folder;
  CHECK_EQUAL(files::accepted_truncations(folder, files::unhex(kReference)), 0);
  CHECK_EQUAL(files::other_outcomes(folder, files::unhex(kReference)), 0);
}

TEST("legacy: pickles that torch.save did not write") {
  CHECK_EQUAL(outcome_of(files::pickle("N")), kMalformed);
  CHECK_EQUAL(outcome_of(files::pickle(kOneTensor)), kMalformed);
  CHECK_EQUAL(
      outcome_of(files::pickle(files::global("os", "system") + tuple({text("echo")}) + "R")),
      kMalformed);
  std::string other_protocol = files::legacy(kOneTensor, {"0"}, kTwoFloats);
  other_protocol[18] ^= 1;
  CHECK_EQUAL(outcome_of(other_protocol), kMalformed);
}

TEST("legacy: storages that are missing, unknown, repeated or of another length") {
  CHECK_EQUAL(outcome_of(files::legacy(kOneTensor, {"0"}, kTwoFloats)), "ok");
  CHECK_EQUAL(outcome_of(files::legacy(kOneTensor, {}, "")), kMalformed);
  CHECK_EQUAL(outcome_of(files::legacy(kOneTensor, {"1"}, kTwoFloats)), kMalformed);
  CHECK_EQUAL(outcome_of(files::legacy(kOneTensor, {"0", "0"}, kTwoFloats + kTwoFloats)),
              kMalformed);
  CHECK_EQUAL(outcome_of(files::legacy(kOneTensor, {"0"}, raw<int64_t>({1}) + raw<float>({5, 6}))),
              kMalformed);
  CHECK_EQUAL(outcome_of(files::legacy(kOneTensor, {"0"}, raw<int64_t>({-1}) + raw<float>({5, 6}))),
              kMalformed);
  const std::string huge =
      dict({text("a"), tensor(storage("FloatStorage", "0", int64_t{1} << 60), 0, {2}, {1})});
  CHECK_EQUAL(
      outcome_of(files::legacy(huge, {"0"}, raw<int64_t>({int64_t{1} << 60}) + raw<float>({5, 6}))),
      kMalformed);
}

TEST("legacy: what torch.save wrote") {
  Folder folder;
  files::put(folder.file("x"), files::unhex(kReference));
  const auto file = read_weights(folder.file("x"));
  CHECK_EQUAL(file.format, "pytorch-legacy");
  CHECK_EQUAL(file.tensors.size(), 2u);
  CHECK_EQUAL(file.tensors[0].first, "a");
  CHECK(file.tensors[0].second.equal(at::tensor({1.5, -2., 3., 4.}, at::kFloat).view({2, 2})));
  CHECK(file.tensors[1].second.equal(at::scalar_tensor(7, at::kLong)));
}

TEST("legacy: parts of storages, as PyTorch 0.3 wrote them") {
  const auto part = [](int64_t first, int64_t count) {
    const std::string id =
        tuple({text("storage"), files::global("torch", "FloatStorage"), text("0"), text("cpu"),
               integer(4), tuple({text("v"), integer(first), integer(count)})}) +
        "Q";
    const std::string view = files::global("torch._utils", "_rebuild_tensor") +
                             tuple({id, integer(1), files::integers({2}), files::integers({1})}) +
                             "R";
    return files::legacy(dict({text("a"), view}), {"0"},
                         raw<int64_t>({4}) + raw<float>({1, 2, 3, 4}));
  };
  Folder folder;
  files::put(folder.file("x"), part(1, 3));
  CHECK(read_weights(folder.file("x")).tensors[0].second.equal(at::tensor({3., 4.}, at::kFloat)));
  for (const auto& [first, count] : std::vector<std::pair<int64_t, int64_t>>{
           {1, 2}, {2, 3}, {-1, 4}, {0, -1}, {INT64_MAX, 1}, {1, INT64_MAX}}) {
    CHECK_EQUAL(outcome_of(part(first, count)), kMalformed);
  }
}

TEST_MAIN()
