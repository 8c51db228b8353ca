// fuzz_seeds FOLDER: small right files, FOLDER/<target>/<name>, from which the fuzzer sets out.
#include <torch/csrc/jit/api/module.h>

#include "engine/weights/pytorch.h"
#include "engine/weights/safetensors.h"
#include "weights_files.h"

using files::dict;
using files::global;
using files::integer;
using files::raw;
using files::storage;
using files::tensor;
using files::text;
using files::tuple;

namespace {

class Seeds {
 public:
  explicit Seeds(std::string folder) : folder_(std::move(folder)) {}

  // Where a seed is to be written.
  std::string path(const std::string& target, const std::string& name) {
    std::filesystem::create_directories(folder_ + "/" + target);
    if (target != "pickle" && target != "safetensors_index") {
      weights_.push_back(folder_ + "/" + target + "/" + name);
    }
    return folder_ + "/" + target + "/" + name;
  }

  void put(const std::string& target, const std::string& name, const std::string& bytes) {
    files::put(path(target, name), bytes);
  }

  // A seed that is refused teaches the fuzzer little.
  int refused() const {
    int count = 0;
    for (const std::string& path : weights_) {
      const std::string message = files::message(path);
      if (message.empty()) continue;
      std::fprintf(stderr, "%s\n", message.c_str());
      ++count;
    }
    return count;
  }

 private:
  std::string folder_;
  std::vector<std::string> weights_;
};

thaw::StateDict network() {
  thaw::StateDict tensors;
  for (const char* name : {"conv1.weight", "bn1.weight", "layer1.0.conv1.weight", "fc.bias"}) {
    tensors.emplace_back(std::string("model.") + name, at::arange(2.f));
  }
  for (const at::ScalarType dtype : {at::kBool, at::kLong, at::kHalf, at::kBFloat16, at::kDouble}) {
    tensors.emplace_back(c10::toString(dtype), at::arange(6).view({2, 3}).to(dtype));
  }
  tensors.emplace_back("empty", at::empty({0, 4}));
  return tensors;
}

std::string two_floats() { return storage("FloatStorage", "0", 2); }

// State dicts of one storage of two floats, and all that checkpoints put around them.
std::vector<std::pair<std::string, std::string>> state_dicts() {
  const std::string one = tensor(two_floats(), 0, {2}, {1});
  const std::string hooks = global("collections", "OrderedDict") + ")R";
  const std::string parameter =
      global("torch._utils", "_rebuild_parameter") + tuple({one, "\x88", hooks}) + "R";
  const std::string old = global("torch.nn.parameter", "Parameter") + tuple({one}) + "R" +
                          tuple({"\x88", "\x89", hooks}) + "b";
  const std::string untyped = tuple({text("storage"), global("torch.storage", "UntypedStorage"),
                                     text("0"), text("cpu"), integer(8)}) +
                              "Q";
  const std::string rebuilt =
      global("torch._utils", "_rebuild_tensor_v3") +
      tuple({untyped, integer(0), files::integers({4}), files::integers({1}), "\x89", hooks,
             global("torch", "uint16")}) +
      "R";
  const std::string options =
      global("argparse", "Namespace") + ")\x81" + dict({text("lr"), "G12345678"}) + "b";
  return {
      {"plain", dict({text("a"), one, text("b"), tensor(two_floats(), 1, {3, 1}, {0, 1})})},
      {"ordered", hooks + "(" + text("a") + parameter + text("b") + old + "u"},
      {"pairs", global("collections", "OrderedDict") + tuple({"](](U\1a" + one + "ee"}) + "R"},
      {"untyped", dict({text("a"), rebuilt})},
      {"checkpoint",
       dict({text("epoch"), "K\7", text("best"), "\x8a\1\xff", text("args"), options, text("set"),
             "\x8f(K\1\x90", text("none"), "N", text("bytes"), "C\2ab", text("state_dict"),
             dict({text("module.a"), one + "q\1", text("b"), "h\1"})})},
      {"memo", "}\x94(\x8c\1a" + one + "\x94\x8c\1b" + "h\1" + "u"},
  };
}

std::string script() {
  const std::string inner =
      global("__torch__", "Inner") + ")\x81" +
      dict({text("weight"), tensor(two_floats(), 0, {2}, {1}), text("training"), "\x89"}) + "bq\1";
  const std::string list =
      global("torch.jit._pickle", "build_intlist") + tuple({"](K\1K\2e"}) + "R";
  return global("__torch__", "Root") + ")\x81" +
         dict({text("a"), inner, text("b"), "h\1", text("sizes"), list}) + "b";
}

void put_safetensors(Seeds& seeds) {
  thaw::weights::write_safetensors(seeds.path("safetensors", "network"), network(), {{"k", "v"}});
  thaw::weights::write_safetensors(seeds.path("safetensors", "empty"), {}, {});
  seeds.put(
      "safetensors_index", "index",
      R"({"metadata": {"total_size": 1.5e3, "x": [null, true, "\u00e9\ud83d\ude00"]},)"
      R"( "weight_map": {"a": "1.safetensors", "b": "2.safetensors", "c": "1.safetensors"}})");
}

void put_pickles(Seeds& seeds) {
  const std::string floats = raw<float>({1, 2});
  for (const auto& [name, object] : state_dicts()) {
    seeds.put("pickle", name, files::pickle(object));
    const std::string count = name == "untyped" ? raw<int64_t>({8}) : raw<int64_t>({2});
    seeds.put("pytorch_legacy", name, files::legacy(object, {"0"}, count + floats));
    files::put_zip(
        seeds.path("pytorch_zip", name),
        {{"data.pkl", files::pickle(object)}, {"byteorder", "little"}, {"data/0", floats}});
  }
  seeds.put("pickle", "script", files::pickle(script()));
  files::put_zip(seeds.path("pytorch_zip", "script"), {{"data.pkl", files::pickle(script())},
                                                       {"constants.pkl", files::pickle(")")},
                                                       {"extra/classes.json", "[]"},
                                                       {"byteorder", "big"},
                                                       {"data/0", floats}});
  thaw::weights::write_state_dict(seeds.path("pytorch_zip", "written"), network());
}

// With libtorch's own code in it, compressed.
void put_module(Seeds& seeds) {
  torch::jit::Module module("__torch__.M");
  module.register_parameter("weight", at::arange(2.f), false);
  module.register_attribute("sizes", c10::ListType::ofInts(), c10::List<int64_t>({1, 2}));
  std::string code = "def forward(self, x: Tensor) -> Tensor:\n";
  for (int i = 0; i < 20; ++i) code += "    x = x + self.weight\n";
  module.define(code + "    return x\n");
  module.save(seeds.path("pytorch_zip", "module"));
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  Seeds seeds(arguments[1]);
  put_safetensors(seeds);
  put_pickles(seeds);
  put_module(seeds);
  return seeds.refused() == 0 ? 0 : 1;
}
