#include "napi/network_facts.h"

#include "engine/model/match.h"
#include "napi/fields.h"
#include "napi/weights_wrap.h"

namespace thaw::napi {
namespace {

struct GraphOptions {
  std::string architecture;
  model::Variant variant = model::Variant::kTorchvision;
  model::InputShape input;
  std::vector<model::HeadLayer> head;
};

void fields(auto& visit, Of<GraphOptions> auto& options) {
  visit("architecture", options.architecture, Field::kRequired);
  visit("variant", options.variant);
  visit("height", options.input.height);
  visit("width", options.input.width);
  visit("head", options.head);
}

// { op, name, module, inputs, shape, ...attributes }; names are Keras'.
Napi::Object to_object(Napi::Env env, const model::Graph& graph, int index) {
  const model::Node& node = graph.at(index);
  std::vector<std::string> inputs;
  for (const int input : node.inputs) inputs.push_back(graph.at(input).names.keras);
  Writer writer(env);
  writer("op", std::string(model::op_name(node.op)));
  writer("name", node.names.keras);
  writer("module", node.names.module);
  writer("inputs", inputs);
  writer("shape", node.shape);
  model::each_attribute(node.op, writer);
  return writer.object();
}

}  // namespace

Napi::Value architectures(const Napi::CallbackInfo& info) {
  return write(info.Env(), model::architectures());
}

Napi::Value network_graph(const Napi::CallbackInfo& info) {
  const auto options = read<GraphOptions>(info[0], "");
  const model::Graph graph =
      model::make_graph(model::find_architecture(options.architecture, options.variant),
                        options.input, options.head, model::Initializer::kKeras);
  Napi::Array array = Napi::Array::New(info.Env());
  for (const int node : graph.keras_order())
    array.Set(array.Length(), to_object(info.Env(), graph, node));
  return array;
}

Napi::Value match_architecture(const Napi::CallbackInfo& info) {
  model::TensorShapes shapes;
  for (const auto& [name, tensor] : WeightsWrap::from(info[0])->tensors)
    shapes[name] = tensor.sizes().vec();
  const std::string wanted = absent(info[2]) ? "" : as_string(info[2], "wanted");
  return write(info.Env(), model::match_architecture(shapes, as_string(info[1], "origin"), wanted));
}

}  // namespace thaw::napi
