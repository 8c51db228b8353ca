// The networks against published facts: parameter counts of torchvision, layer names of Keras.
#include "engine/model/network.h"

#include <set>

#include "check.h"

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
  const std::pair<const char*, int64_t> published[] = {{"resnet18", 11689512},
                                                       {"resnet34", 21797672},
                                                       {"resnet50", 25557032},
                                                       {"resnet101", 44549160},
                                                       {"resnet152", 60192808}};
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

TEST("training begins at the first unit with a trainable layer") {
  Network network(model::find_architecture("resnet50"), {64, 64}, linear(3), 0);
  CHECK_EQUAL(network.first_trained_unit(), 0);
  for (size_t i = 0; i < network.layers().size(); ++i) network.set_trainable(i, false);
  CHECK_EQUAL(network.first_trained_unit(), network.head_unit() + 1);
  for (size_t i = 165; i < 175; ++i) network.set_trainable(i, true);  // Keras' model.layers[-10:]
  CHECK_EQUAL(network.first_trained_unit(), network.head_unit() - 1);
  for (const Network::Named& named : network.named_tensors()) {
    CHECK_EQUAL(named.tensor->requires_grad(),
                named.name.starts_with("layer4.2.") && !named.buffer);
  }
}

TEST("a load names every mismatch and changes nothing") {
  Network network(model::find_architecture("resnet18"), {64, 64}, linear(3), 1);
  Network other(model::find_architecture("resnet18"), {64, 64}, linear(3), 2);
  const at::Tensor before = network.stem().convolution.weight.detach().clone();
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
  CHECK(at::equal(before, network.stem().convolution.weight));
}

TEST("a state that is loaded comes back, with or without the head") {
  Network network(model::find_architecture("resnet18"), {64, 64}, linear(3), 1);
  Network other(model::find_architecture("resnet18"), {64, 64}, linear(3), 2);
  const at::Tensor head = network.head()[1].dense->weight.detach().clone();
  network.load(other.state(), "state", /*backbone_only=*/true);
  CHECK(at::equal(head, network.head()[1].dense->weight));
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
  CHECK(at::equal(a.head()[1].dense->weight, b.head()[1].dense->weight));
  CHECK(!at::equal(a.head()[1].dense->weight, c.head()[1].dense->weight));
}

TEST_MAIN()
