// A network written as TorchScript, opened by libtorch and by the readers here.
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>
#include <unistd.h>

#include "check.h"
#include "disturb.h"
#include "engine/export/torchscript.h"
#include "engine/model/program.h"
#include "weights_files.h"

using files::Folder;
using namespace thaw::model;

namespace {

std::vector<HeadLayer> keras_head() {
  HeadLayer hidden{.kind = HeadKind::kDense, .name = "dense", .units = 8};
  hidden.activation = Activation::kRelu;
  HeadLayer last{.kind = HeadKind::kDense, .name = "dense_1", .units = 3};
  last.activation = Activation::kSoftmax;
  return {{.kind = HeadKind::kFlatten, .name = "flatten"},
          hidden,
          {.kind = HeadKind::kBatchNormalization, .name = "norm"},
          {.kind = HeadKind::kDropout, .name = "dropout", .rate = 0.5},
          last};
}

std::vector<HeadLayer> torchvision_head() {
  return {{.kind = HeadKind::kGlobalAveragePooling, .name = "avgpool"},
          {.kind = HeadKind::kDense, .name = "fc", .units = 5}};
}

at::Tensor images() {
  at::Generator generator = at::detail::createCPUGenerator(1);
  return at::randn({2, 3, 32, 64}, generator);
}

at::Tensor run(const std::string& path) {
  torch::jit::Module module = torch::jit::load(path);
  return module.forward({images()}).toTensor();
}

// The largest difference between the exported network's output and the engine's.
double difference(const Network& network, const std::string& path, bool probabilities) {
  at::NoGradGuard no_grad;
  at::Tensor expected = lower_for_training(network, 0, at::kFloat)->forward(images());
  if (probabilities) expected = expected.softmax(-1);
  const at::Tensor actual = run(path);
  if (actual.sizes() != expected.sizes()) return 1e9;
  return (actual - expected).abs().max().item<double>() / expected.abs().max().item<double>();
}

}  // namespace

TEST("export: a folder that is not there, and a disk that is full") {
  Folder folder;
  const Network network(find_architecture("resnet18"), {32, 64}, torchvision_head(), 1);
  CHECK_THROWS(thaw::export_torchscript(folder.file("no/x.pt"), network, {}), "ERR_IO");
  if (::access("/dev/full", W_OK) != 0) return;
  const std::string path = folder.file("x.pt");
  files::put(path, "old");
  std::filesystem::create_symlink("/dev/full", path + ".part");
  CHECK_THROWS(thaw::export_torchscript(path, network, {}), "ERR_DISK_FULL");
  CHECK_EQUAL(files::get(path), "old");
  CHECK(!std::filesystem::exists(std::filesystem::symlink_status(path + ".part")));
}

TEST("export: torchvision's names, the same tensors, the same logits") {
  Folder folder;
  const std::string path = folder.file("x.pt");
  for (const auto& architecture : {find_architecture("resnet18"), find_architecture("resnet50"),
                                   find_architecture("resnet50", thaw::model::Variant::kKeras)}) {
    Network network(architecture, {32, 64}, torchvision_head(), 1);
    disturb(network);
    thaw::export_torchscript(path, network, {});
    CHECK(difference(network, path, false) < 1e-5);
    const auto file = thaw::weights::read_weights(path);
    const thaw::StateDict state = network.state();
    CHECK_EQUAL(file.format, "torchscript");
    CHECK_EQUAL(file.tensors.size(), state.size());
    for (size_t i = 0; i < std::min(state.size(), file.tensors.size()); ++i) {
      CHECK_EQUAL(file.tensors[i].first, state[i].first);
      CHECK(file.tensors[i].second.equal(state[i].second));
    }
    CHECK(!std::filesystem::exists(path + ".part"));
  }
}

TEST("export: a Keras head ends in its activation") {
  Folder folder;
  const Network network(find_architecture("resnet18"), {32, 64}, keras_head(), 1);
  thaw::export_torchscript(folder.file("x.pt"), network, {});
  CHECK(difference(network, folder.file("x.pt"), true) < 1e-5);
}

TEST("export: without a head it ends at the feature map") {
  Folder folder;
  const Network network(find_architecture("resnet18"), {32, 64}, {}, 1);
  thaw::export_torchscript(folder.file("x.pt"), network, {});
  CHECK((run(folder.file("x.pt")).sizes() == at::IntArrayRef{2, 512, 1, 2}));
}

TEST("export: extra files come back, and nothing is in training mode") {
  Folder folder;
  const Network network(find_architecture("resnet18"), {32, 64}, torchvision_head(), 1);
  thaw::export_torchscript(folder.file("x.pt"), network, {{"classes.json", "[\"caf\xc3\xa9\"]"}});
  torch::jit::ExtraFilesMap extra = {{"classes.json", ""}};
  torch::jit::Module module = torch::jit::load(folder.file("x.pt"), std::nullopt, extra);
  CHECK_EQUAL(extra["classes.json"], "[\"caf\xc3\xa9\"]");
  for (const torch::jit::Module& submodule : module.modules()) CHECK(!submodule.is_training());
}

TEST_MAIN()
