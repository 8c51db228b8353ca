#include "engine/export/script_source.h"

#include <charconv>

#include "engine/error.h"

namespace thaw::script {
namespace {

using model::Activation;
using model::HeadKind;
using model::HeadModule;

constexpr const char* kForward = "def forward(self, x: Tensor) -> Tensor:\n";

// Text that reads back as the same double, in any locale; the exponent makes it a float in
// TorchScript.
std::string number(double value) {
  char text[40];
  const auto [end, error] =
      std::to_chars(text, text + sizeof text, value, std::chars_format::scientific);
  return std::string(text, end);
}

std::string pair(int64_t value) {
  const std::string text = std::to_string(value);
  return "[" + text + ", " + text + "]";
}

std::string line(const std::string& code) { return "    " + code + "\n"; }

// "0" is no identifier, hence getattr.
std::string call(const std::string& module) {
  return "getattr(self, \"" + module + "\").forward(x)";
}

std::string activation(Activation kind) {
  switch (kind) {
    case Activation::kLinear:
      return "";
    case Activation::kRelu:
      return line("x = torch.relu(x)");
    case Activation::kSoftmax:
      return line("x = torch.softmax(x, -1)");
    case Activation::kSigmoid:
      return line("x = torch.sigmoid(x)");
  }
  fail("ERR_INVALID_ARGUMENT", "An activation of the head is unknown.");
}

std::string head_layer(const HeadModule& module) {
  switch (module.layer.kind) {
    case HeadKind::kGlobalAveragePooling:
      return line("x = torch.flatten(torch.adaptive_avg_pool2d(x, [1, 1]), 1)");
    case HeadKind::kFlatten:
      // Height, width, channels: Keras' order.
      return line("x = torch.flatten(torch.permute(x, [0, 2, 3, 1]), 1)");
    case HeadKind::kDropout:
      return "";  // the identity in inference mode
    case HeadKind::kBatchNormalization:
      return line("x = " + call(own_name(module.norm->name)));
    case HeadKind::kDense:
      return line("x = " + call(own_name(module.dense->name))) +
             activation(module.layer.activation);
  }
  fail("ERR_INVALID_ARGUMENT", "A layer of the head is unknown.");
}

std::string head_layers(const std::vector<HeadModule>& head) {
  std::string code;
  for (const HeadModule& module : head) code += head_layer(module);
  return code;
}

}  // namespace

std::string convolution(const model::Convolution& convolution) {
  return kForward +
         line(std::string("return torch.conv2d(x, self.weight, ") +
              (convolution.biased ? "self.bias, " : "None, ") + pair(convolution.stride) + ", " +
              pair(convolution.padding) + ", [1, 1], 1)");
}

std::string batch_norm(const model::BatchNorm& norm) {
  return kForward + line(
                        "return torch.batch_norm(x, self.weight, self.bias, self.running_mean, "
                        "self.running_var, False, " +
                        number(norm.momentum) + ", " + number(norm.epsilon) + ", True)");
}

std::string dense() { return kForward + line("return torch.linear(x, self.weight, self.bias)"); }

std::string sequence(size_t count) {
  std::string code = kForward;
  for (size_t i = 0; i < count; ++i) code += line("x = " + call(std::to_string(i)));
  return code + line("return x");
}

std::string block(const model::Block& block) {
  std::string code = kForward;
  code += line(block.downsample ? "shortcut = self.downsample.forward(x)" : "shortcut = x");
  for (size_t i = 1; i <= block.body.size(); ++i) {
    const std::string n = std::to_string(i);
    code += line("x = self.bn" + n + ".forward(self.conv" + n + ".forward(x))");
    if (i < block.body.size()) code += line("x = torch.relu(x)");
  }
  return code + line("return torch.relu(x + shortcut)");
}

std::string head(const std::vector<HeadModule>& head) {
  return kForward + head_layers(head) + line("return x");
}

std::string network(const std::vector<HeadModule>& head) {
  std::string code = kForward;
  code += line("x = torch.relu(self.bn1.forward(self.conv1.forward(x)))");
  code += line("x = torch.max_pool2d(x, [3, 3], [2, 2], [1, 1], [1, 1], False)");
  for (const char* layer : {"layer1", "layer2", "layer3", "layer4"}) {
    code += line("x = " + call(layer));
  }
  code += has_own_module(head) ? line("x = self.head.forward(x)") : head_layers(head);
  return code + line("return x");
}

bool has_own_module(const std::vector<HeadModule>& head) {
  for (const HeadModule& module : head) {
    if (module.dense && module.dense->name.starts_with("head.")) return true;
    if (module.norm && module.norm->name.starts_with("head.")) return true;
  }
  return false;
}

std::string own_name(const std::string& name) { return name.substr(name.find_last_of('.') + 1); }

}  // namespace thaw::script
