#include "napi/network_facts.h"

#include "engine/model/match.h"
#include "napi/convert.h"
#include "napi/errors.h"
#include "napi/weights_wrap.h"

namespace thaw::napi {
namespace {

Napi::Object to_object(Napi::Env env, const model::Architecture& architecture) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("name", architecture.name);
  object.Set("variant", architecture.variant == model::Variant::kKeras ? "keras" : "torchvision");
  return object;
}

// { op, name, module, inputs, shape, ...attributes }; names are Keras'.
Napi::Object to_object(Napi::Env env, const model::Graph& graph, int index) {
  const model::Node& node = graph.at(index);
  Napi::Object object = Napi::Object::New(env);
  object.Set("op", model::name_of(node.op));
  object.Set("name", node.names.keras);
  object.Set("module", node.names.module);
  Napi::Array inputs = Napi::Array::New(env, node.inputs.size());
  for (size_t i = 0; i < node.inputs.size(); ++i)
    inputs.Set(static_cast<uint32_t>(i), graph.at(node.inputs[i]).names.keras);
  object.Set("inputs", inputs);
  object.Set("shape", to_array(env, node.shape));
  model::each_attribute(node.op, [&](const char* name, const auto& value) {
    if constexpr (std::is_integral_v<std::decay_t<decltype(value)>> &&
                  !std::is_same_v<std::decay_t<decltype(value)>, bool>) {
      object.Set(name, static_cast<double>(value));
    } else {
      object.Set(name, value);
    }
  });
  return object;
}

}  // namespace

Napi::Value architectures(const Napi::CallbackInfo& info) {
  Napi::Array array = Napi::Array::New(info.Env());
  for (const model::Architecture& row : model::architectures())
    array.Set(array.Length(), to_object(info.Env(), row));
  return array;
}

Napi::Value network_graph(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const Napi::Object options = info[0].As<Napi::Object>();
    std::string name;
    model::InputShape input;
    read(options, "architecture", name);
    read(options, "height", input.height);
    read(options, "width", input.width);
    const model::Graph graph =
        model::make_graph(model::find_architecture(name, variant(options.Get("variant"))), input,
                          head_layers(options.Get("head")), model::Initializer::kKeras);
    Napi::Array array = Napi::Array::New(info.Env());
    for (const int node : graph.keras_order())
      array.Set(array.Length(), to_object(info.Env(), graph, node));
    return array;
  });
}

Napi::Value match_architecture(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    model::TensorShapes shapes;
    for (const auto& [name, tensor] : WeightsWrap::from(info[0])->tensors)
      shapes[name] = tensor.sizes().vec();
    const std::string origin = info[1].ToString().Utf8Value();
    const std::string wanted = info[2].IsString() ? info[2].ToString().Utf8Value() : "";
    return to_object(info.Env(), model::match_architecture(shapes, origin, wanted));
  });
}

}  // namespace thaw::napi
