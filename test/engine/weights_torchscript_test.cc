// TorchScript archives: attributes become names, code stays unread.
#include <torch/csrc/jit/api/module.h>

#include <algorithm>

#include "check.h"
#include "weights_files.h"

using files::dict;
using files::Folder;
using files::text;
using thaw::weights::read_weights;

namespace {

// libtorch's own writer made the file; reading it does not go through libtorch's reader.
void save_module(const std::string& path) {
  auto unit = std::make_shared<torch::jit::CompilationUnit>();
  torch::jit::Module inner("__torch__.Inner", unit);
  inner.register_parameter("weight", at::arange(6.).view({2, 3}).t(), false);
  inner.register_parameter("steps", at::scalar_tensor(3, at::kLong), true);
  torch::jit::Module list("__torch__.List", unit);
  list.register_module("0", inner);
  torch::jit::Module root("__torch__.Root", unit);
  root.register_attribute("training", c10::BoolType::get(), false);
  root.register_attribute("sizes", c10::ListType::ofInts(), c10::List<int64_t>({1, 2}));
  root.register_attribute("rate", c10::FloatType::get(), 0.5);
  root.register_attribute("none", c10::OptionalType::ofTensor(), c10::IValue());
  root.register_attribute("device", c10::DeviceObjType::get(), c10::Device("cpu"));
  root.register_module("layers", list);
  root.register_parameter("bias", at::ones({2}, at::kBFloat16), false);
  root.define("def forward(self, x: Tensor) -> Tensor:\n    return x + self.bias\n");
  root.save(path);
}

void put_script(const std::string& path, const std::string& object,
                const files::Records& more = {}) {
  files::Records records = {{"data.pkl", files::pickle(object)},
                            {"constants.pkl", files::pickle(")")}};
  records.insert(records.end(), more.begin(), more.end());
  files::put_zip(path, records);
}

std::string object(const std::vector<std::string>& attributes) {
  return files::global("__torch__", "M") + ")\x81" + dict(attributes) + "b";
}

std::string one_float() {
  return files::tensor(files::storage("FloatStorage", "0", 1), 0, {1}, {1});
}

const files::Records kOneFloat = {{"data/0", files::raw<float>({7})}};

constexpr const char* kMalformed = "ERR_WEIGHTS_FORMAT";

}  // namespace

TEST("TorchScript: every truncation is refused") {
  Folder folder;
  put_script(folder.file("x"), object({text("a"), one_float()}), kOneFloat);
  CHECK_EQUAL(files::outcome(folder.file("x")), "ok");
  CHECK_EQUAL(files::accepted_truncations(folder, files::get(folder.file("x"))), 0);
}

TEST("TorchScript: roots that are no module, and modules without parameters") {
  Folder folder;
  const std::string path = folder.file("x");
  for (const std::string& root :
       {std::string("N"), dict({text("a"), one_float()}), object({}), object({text("a"), "N"}),
        files::global("__torch__", "M") + ")\x81", files::global("__torch__", "M") + ")\x81)b"}) {
    put_script(path, root, kOneFloat);
    CHECK_EQUAL(files::outcome(path), kMalformed);
  }
  put_script(path, object({text("training"), "\x89"}));
  CHECK(files::message(path).find("frozen") != std::string::npos);
}

TEST("TorchScript: modules that contain themselves, or each other 2^40 times") {
  Folder folder;
  const std::string path = folder.file("x");
  put_script(path, files::global("__torch__", "M") + ")\x81q\1" + dict({text("m"), "h\1"}) + "b",
             kOneFloat);
  CHECK_EQUAL(files::outcome(path), kMalformed);

  std::string nested = object({text("w"), one_float()});
  for (int i = 0; i < 40; ++i) {
    const std::string slot(1, static_cast<char>(i + 1));
    nested = nested + "q" + slot + "0" + object({text("a"), "h" + slot, text("b"), "h" + slot});
  }
  put_script(path, nested, kOneFloat);
  CHECK_EQUAL(files::outcome(path), kMalformed);
}

TEST("TorchScript: names used twice are refused") {
  Folder folder;
  put_script(folder.file("x"),
             object({text("a.b"), one_float(), text("a"), object({text("b"), one_float()})}),
             kOneFloat);
  CHECK_EQUAL(files::outcome(folder.file("x")), kMalformed);
}

TEST("TorchScript: what libtorch saved is read by the names of its attributes") {
  Folder folder;
  save_module(folder.file("any.pt"));
  const auto file = read_weights(folder.file("any.pt"));
  CHECK_EQUAL(file.format, "torchscript");
  CHECK_EQUAL(file.tensors.size(), 3u);
  const at::Tensor weight = files::tensor_of(file, "layers.0.weight");
  CHECK(weight.equal(at::arange(6.).view({2, 3}).t()) && weight.is_contiguous());
  CHECK(files::tensor_of(file, "layers.0.steps").equal(at::scalar_tensor(3, at::kLong)));
  CHECK(files::tensor_of(file, "bias").equal(at::ones({2}, at::kBFloat16)));
}

TEST("TorchScript: a module under two names gives its tensors twice") {
  Folder folder;
  put_script(folder.file("x"),
             object({text("a"), object({text("w"), one_float()}) + "q\1", text("b"), "h\1"}),
             kOneFloat);
  const auto file = read_weights(folder.file("x"));
  CHECK_EQUAL(file.tensors.size(), 2u);
  CHECK(!files::tensor_of(file, "a.w").is_alias_of(files::tensor_of(file, "b.w")));
}

TEST_MAIN()
