// Files that Python's libraries wrote, and ours in their hands. Left out where there is no such
// Python (THAW_TEST_PYTHON, else python3, with torch and torchvision; safetensors and timm add to
// it).
#include <cstdlib>
#include <iostream>

#include "check.h"
#include "engine/model/match.h"
#include "engine/model/network.h"
#include "engine/weights/pytorch.h"
#include "python.h"
#include "weights_files.h"

using files::Folder;
using thaw::weights::read_weights;

namespace {

using python::command;

bool has_torch() {
  const std::string find = command() +
                           "-c 'import torch, numpy; from importlib.util import find_spec;"
                           " assert find_spec(\"torchvision\")' 2>/dev/null";
  if (std::system(find.c_str()) == 0) return true;
  std::cout << "skipped: no Python with torch and torchvision (THAW_TEST_PYTHON)\n";
  return false;
}

bool peer(const std::string& action, const std::string& path) {
  return std::system((command() + "'" WEIGHT_FILES_PY "' " + action + " '" + path + "'").c_str()) ==
         0;
}

using Bytes = std::vector<std::pair<std::string, std::string>>;

// [name size, name, bytes size, bytes] ...
Bytes expected_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const auto next = [&] {
    uint64_t size = 0;
    file.read(reinterpret_cast<char*>(&size), sizeof size);
    std::string bytes(file ? size : 0, '\0');
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return bytes;
  };
  Bytes all;
  while (file.peek() != EOF) {
    std::string name = next();
    all.emplace_back(std::move(name), next());
  }
  std::sort(all.begin(), all.end());
  return all;
}

Bytes bytes_of(const thaw::weights::WeightsFile& file) {
  Bytes all;
  for (const auto& [name, tensor] : file.tensors) {
    all.emplace_back(
        name, std::string(static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes()));
  }
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

TEST("peers: every file of theirs is read bit for bit") {
  if (!has_torch()) return;
  Folder folder;
  CHECK(peer("write", folder.path()));
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    if (entry.path().extension() == ".expected" ||
        entry.path().stem().string().starts_with("model-"))
      continue;
    const std::string name = entry.path().stem();
    const Bytes expected = expected_of(folder.file(name + ".expected"));
    const auto file = read_weights(entry.path(), thaw::model::network_names());
    const bool same = !expected.empty() && bytes_of(file) == expected;
    if (!same) std::cout << entry.path().filename() << " differs\n";
    CHECK(same);
    if (name.starts_with("scripted_"))
      CHECK_EQUAL(file.metadata.at("classes.json"), std::string(5000, 'x'));
    ++files;
  }
  std::cout << files << " files\n";
  CHECK(files >= 22);
}

TEST("peers: PyTorch and torchvision take a state dict of ours") {
  if (!has_torch()) return;
  using namespace thaw::model;
  const Network network(find_architecture("resnet50"), {224, 224},
                        {{.kind = HeadKind::kGlobalAveragePooling, .name = "avgpool"},
                         {.kind = HeadKind::kDense, .name = "fc", .units = 1000}},
                        1);
  thaw::StateDict state = network.state();
  int64_t number = 0;
  for (auto& [name, tensor] : state) {
    // As the peer draws them.
    const at::Tensor drawn = (at::arange(tensor.numel()) + 7919 * number++).remainder(1009) - 504;
    tensor = drawn.view(tensor.sizes()).to(tensor.scalar_type());
  }
  Folder folder;
  // With what stands beside the tensors, which PyTorch looks at as little as at any extra file.
  thaw::weights::write_state_dict(folder.file("x.pth"), state, {{"thaw", "{}"}});
  CHECK_EQUAL(read_weights(folder.file("x.pth")).metadata.at("thaw"), "{}");
  CHECK(peer("check", folder.file("x.pth")));
}

TEST_MAIN()
