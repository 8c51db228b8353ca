// The networks against published facts: parameter counts of torchvision, layer names of Keras.
#include "engine/model/network.h"

#include <set>

#include "check.h"
#include "engine/model/match.h"

using namespace thaw;
using model::Activation, model::HeadKind, model::HeadLayer, model::Network;

namespace {

std::vector<HeadLayer> linear(int64_t classes) {
  return {{.kind = HeadKind::kGlobalAveragePooling, .name = "avg_pool"},
          {.kind = HeadKind::kDense, .name = "predictions", .units = classes}};
}

int64_t parameters(Network& network) {
  int64_t count = 0;
  for (const Network::Named& named : network.named_tensors())
    count += named.buffer ? 0 : named.tensor->numel();
  return count;
}

}  // namespace

TEST("refuses an unknown architecture, a tiny input and heads that do not fit together") {
  CHECK_THROWS(model::find_architecture("resnet51"), "ERR_UNKNOWN_ARCHITECTURE");
  CHECK_THROWS(model::find_architecture("resnet18", model::Variant::kKeras),
               "ERR_UNKNOWN_ARCHITECTURE");
  const auto& resnet18 = model::find_architecture("resnet18");
  CHECK_THROWS(Network(resnet18, {31, 64}, {}, 0), "ERR_INVALID_ARGUMENT");
  const std::vector<HeadLayer> without_pooling = {
      {.kind = HeadKind::kDense, .name = "dense", .units = 3}};
  CHECK_THROWS(Network(resnet18, {64, 64}, without_pooling, 0), "ERR_INVALID_ARGUMENT");
  const std::vector<HeadLayer> without_dense = {{.kind = HeadKind::kFlatten, .name = "flatten"}};
  CHECK_THROWS(Network(resnet18, {64, 64}, without_dense, 0), "ERR_INVALID_ARGUMENT");
  const std::vector<HeadLayer> twice = {{.kind = HeadKind::kFlatten, .name = "flatten"},
                                        {.kind = HeadKind::kGlobalAveragePooling, .name = "pool"},
                                        {.kind = HeadKind::kDense, .name = "dense", .units = 3}};
  CHECK_THROWS(Network(resnet18, {64, 64}, twice, 0), "ERR_INVALID_ARGUMENT");
}

TEST("has as many parameters as torchvision's networks") {
  // torchvision.models.resnetN(): sum(p.numel() for p in model.parameters())
  const std::pair<const char*, int64_t> published[] = {
      {"resnet18", 11689512},         {"resnet34", 21797672},
      {"resnet50", 25557032},         {"resnet101", 44549160},
      {"resnet152", 60192808},        {"resnext50_32x4d", 25028904},
      {"resnext101_32x8d", 88791336}, {"wide_resnet50_2", 68883240},
      {"wide_resnet101_2", 126886696}};
  for (const auto& [name, count] : published) {
    Network network(model::find_architecture(name), {224, 224}, linear(1000), 0);
    CHECK_EQUAL(parameters(network), count);
  }
}

TEST("lists the 175 layers of Keras' headless ResNet50 in Keras' order") {
  const Network network(model::find_architecture("resnet50"), {224, 224}, {}, 0);
  const auto& layers = network.layers();
  CHECK_EQUAL(layers.size(), 175u);
  // [layer.name for layer in keras.applications.ResNet50(weights=None, include_top=False).layers]
  const std::pair<size_t, const char*> names[] = {{0, "input_layer"},
                                                  {1, "conv1_pad"},
                                                  {2, "conv1_conv"},
                                                  {5, "pool1_pad"},
                                                  {6, "pool1_pool"},
                                                  {7, "conv2_block1_1_conv"},
                                                  {13, "conv2_block1_0_conv"},
                                                  {14, "conv2_block1_3_conv"},
                                                  {15, "conv2_block1_0_bn"},
                                                  {16, "conv2_block1_3_bn"},
                                                  {17, "conv2_block1_add"},
                                                  {18, "conv2_block1_out"},
                                                  {19, "conv2_block2_1_conv"},
                                                  {165, "conv5_block3_1_conv"},
                                                  {171, "conv5_block3_3_conv"},
                                                  {172, "conv5_block3_3_bn"},
                                                  {173, "conv5_block3_add"},
                                                  {174, "conv5_block3_out"}};
  for (const auto& [index, name] : names) CHECK_EQUAL(layers[index].name, name);
  CHECK_EQUAL(layers[1].output_shape, (std::vector<int64_t>{230, 230, 3}));
  CHECK_EQUAL(layers[174].output_shape, (std::vector<int64_t>{7, 7, 2048}));
  std::set<std::string> distinct;
  for (const auto& layer : layers) distinct.insert(layer.name);
  CHECK_EQUAL(distinct.size(), layers.size());
}

TEST("cuts are where one value alone is alive, and training begins after the last that is frozen") {
  Network network(model::find_architecture("resnet50"), {64, 64}, linear(3), 0);
  const auto named = [&](int node) { return network.graph().at(node).names.torch; };
  std::vector<std::string> cuts;
  for (const int cut : network.graph().cuts()) cuts.push_back(named(cut));
  // The images, four steps of the stem, sum and ReLU of each of 16 blocks, two of the head.
  CHECK_EQUAL(cuts.size(), 1u + 4 + 2 * 16 + 2);
  CHECK_EQUAL(named(network.backbone_boundary()), "avgpool");
  CHECK_EQUAL(network.boundary(), 0);
  for (size_t i = 0; i < network.layers().size(); ++i) network.set_trainable(i, false);
  CHECK_EQUAL(named(network.boundary()), "avgpool");
  const auto after = [&](const std::string& trained) {
    for (size_t i = 0; i < network.layers().size(); ++i)
      network.set_trainable(i, network.layers()[i].torch_name == trained);
    return named(network.boundary());
  };
  CHECK_EQUAL(after("conv1"), "");
  CHECK_EQUAL(after("bn1"), "");  // a convolution stays with its norm
  CHECK_EQUAL(after("layer1.0.downsample.0"), "maxpool");
  CHECK_EQUAL(after("layer3.2.bn3"), "layer3.1");
  CHECK_EQUAL(after("fc"), "avgpool");
  for (size_t i = 0; i < network.layers().size(); ++i)
    network.set_trainable(i, i >= 165 && i < 175);  // Keras' model.layers[-10:]
  CHECK_EQUAL(named(network.boundary()), "layer4.1");
  for (const Network::Named& named : network.named_tensors()) {
    CHECK_EQUAL(named.tensor->requires_grad(),
                named.name.starts_with("layer4.2.") && !named.buffer);
  }
}

TEST("neither dropout nor a flattened or weighted layer of the head is frozen with the backbone") {
  const auto boundary = [](std::vector<HeadLayer> head) {
    head.push_back({.kind = HeadKind::kDense, .name = "dense", .units = 3});
    const Network network(model::find_architecture("resnet18"), {64, 64}, head, 0);
    return network.graph().at(network.backbone_boundary()).names.torch;
  };
  const HeadLayer pool{.kind = HeadKind::kGlobalAveragePooling, .name = "pool"},
      drop{.kind = HeadKind::kDropout, .name = "drop"},
      norm{.kind = HeadKind::kBatchNormalization, .name = "norm"};
  CHECK_EQUAL(boundary({pool, drop}), "avgpool");
  CHECK_EQUAL(boundary({drop, pool}), "layer4.1");
  CHECK_EQUAL(boundary({norm, pool}), "layer4.1");
  CHECK_EQUAL(boundary({{.kind = HeadKind::kFlatten, .name = "flatten"}}), "layer4.1");
}

TEST("weights are a value: a copy keeps what the original loses") {
  Network network(model::find_architecture("resnet18"), {64, 64}, linear(3), 1);
  const model::Weights copy = network.weights();
  at::NoGradGuard no_grad;
  network.weights().at("bn1.weight").fill_(7);
  CHECK(copy.at("bn1.weight").eq(1).all().item<bool>());
  CHECK(copy.at("bn1.weight").requires_grad());
  CHECK_EQUAL(copy.entries().size(), network.weights().entries().size());
}

TEST("tensors tell their network, its variant too, whatever head they come with") {
  for (const model::Architecture& architecture : model::architectures()) {
    const Network network(architecture, {64, 64}, linear(7), 0);
    model::TensorShapes shapes;
    for (const auto& [name, tensor] : network.state()) shapes[name] = tensor.sizes().vec();
    shapes.erase("layer2.0.bn1.num_batches_tracked");
    const model::Architecture& found = model::match_architecture(shapes, "x.pth");
    CHECK_EQUAL(found.name, architecture.name);
    CHECK(found.variant == architecture.variant);
  }
  CHECK_THROWS(model::match_architecture({{"conv1.weight", {64, 3, 7, 7}}}, "x.pth"),
               "ERR_WEIGHTS_MISMATCH");
}

TEST("a load names every mismatch and changes nothing") {
  Network network(model::find_architecture("resnet18"), {64, 64}, linear(3), 1);
  Network other(model::find_architecture("resnet18"), {64, 64}, linear(3), 2);
  const at::Tensor before = network.weights().at("conv1.weight").detach().clone();
  StateDict state = other.state();
  state.erase(state.begin() + 1);  // bn1.weight
  state.emplace_back("layer9.weight", at::zeros({1}));
  for (auto& [name, tensor] : state) {
    if (name == "fc.weight") tensor = at::zeros({4, 512});
  }
  try {
    network.load(state, "some.pth");
    CHECK(false);
  } catch (const Error& error) {
    const std::string message = error.what();
    CHECK_EQUAL(error.code(), "ERR_WEIGHTS_MISMATCH");
    for (const char* part :
         {"some.pth", "missing: bn1.weight", "unexpected: layer9.weight", "fc.weight [4, 512]"}) {
      CHECK(message.find(part) != std::string::npos);
    }
  }
  CHECK(at::equal(before, network.weights().at("conv1.weight")));
}

TEST("a state that is loaded comes back, with or without the head") {
  Network network(model::find_architecture("resnet18"), {64, 64}, linear(3), 1);
  Network other(model::find_architecture("resnet18"), {64, 64}, linear(3), 2);
  const at::Tensor head = network.weights().at("fc.weight").detach().clone();
  network.load(other.state(), "state", /*backbone_only=*/true);
  CHECK(at::equal(head, network.weights().at("fc.weight")));
  network.load(other.state(), "state");
  const StateDict expected = other.state(), actual = network.state();
  for (size_t i = 0; i < expected.size(); ++i) {
    CHECK_EQUAL(actual[i].first, expected[i].first);
    CHECK(at::equal(actual[i].second, expected[i].second));
  }
}

TEST("a seed repeats the initial weights, another does not") {
  const auto& resnet18 = model::find_architecture("resnet18");
  const Network a(resnet18, {64, 64}, linear(3), 5), b(resnet18, {64, 64}, linear(3), 5);
  const Network c(resnet18, {64, 64}, linear(3), 6);
  CHECK(at::equal(a.weights().at("fc.weight"), b.weights().at("fc.weight")));
  CHECK(!at::equal(a.weights().at("fc.weight"), c.weights().at("fc.weight")));
}

TEST_MAIN()
