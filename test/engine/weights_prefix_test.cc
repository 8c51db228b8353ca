// Names that a network's tensors have inside of something larger.
#include "check.h"
#include "engine/model/match.h"
#include "engine/model/network.h"
#include "weights_files.h"

namespace {

using Names = std::vector<std::string>;

// Of a ResNet-50: more than half of every smaller network's as well.
const Names& network() {
  static const Names names = [] {
    using namespace thaw::model;
    Names names;
    for (const auto& [name, tensor] :
         Network(find_architecture("resnet50"), {32, 32}, {}, 1).state())
      names.push_back(name);
    return names;
  }();
  return names;
}

Names with(const std::string& prefix, const Names& more = {}) {
  Names names;
  for (const std::string& name : network()) names.push_back(prefix + name);
  names.insert(names.end(), more.begin(), more.end());
  return names;
}

Names stripped(const Names& names) {
  thaw::StateDict tensors;
  for (const std::string& name : names) tensors.emplace_back(name, at::scalar_tensor(1));
  thaw::weights::strip_network_prefix(tensors, thaw::model::network_names());
  Names left;
  for (const auto& [name, tensor] : tensors) left.push_back(name);
  return left;
}

}  // namespace

TEST("prefix: two networks are refused, and names that become one") {
  CHECK_THROWS(stripped([] {
                 Names both = with("encoder_q.");
                 const Names other = with("encoder_k.");
                 both.insert(both.end(), other.begin(), other.end());
                 return both;
               }()),
               "ERR_WEIGHTS_FORMAT");
  CHECK_THROWS(stripped(with("model.", {"fc.weight", "model.fc.weight"})), "ERR_WEIGHTS_FORMAT");
}

TEST("prefix: whatever the network lies in is taken off") {
  for (const char* prefix :
       {"module.", "model.", "backbone.", "encoder.", "resnet.", "net.", "module.backbone.",
        "module.model.", "model.backbone.", "_orig_mod.module.", "backbone.body.", "model.0."}) {
    CHECK((stripped(with(prefix, {std::string(prefix) + "fc.weight"})) == with("", {"fc.weight"})));
  }
}

TEST("prefix: what lies beside the network keeps what it does not share") {
  CHECK((stripped(with("backbone.", {"fc.weight", "head.0.bias"})) ==
         with("", {"fc.weight", "head.0.bias"})));
  CHECK((stripped(with("module.backbone.", {"module.fc.weight", "loss.weight"})) ==
         with("", {"fc.weight", "loss.weight"})));
  CHECK((stripped(with("backbone.body.", {"backbone.fpn.0.weight", "backbones.x"})) ==
         with("", {"fpn.0.weight", "backbones.x"})));
}

TEST("prefix: names stay where there is none, or not all of the network has it") {
  for (const Names& names :
       {with(""), with("", {"model.fc.weight"}), Names{}, Names{"module.a", "module.b"},
        with("model.", {"layer2.0.conv1.weight"}), with("x"),
        Names{"model.conv1.weight", "model.bn1.weight"}}) {
    CHECK((stripped(names) == names));
  }
  // A network beside its copy is the one without a prefix.
  Names both = with("");
  const Names copy = with("ema.");
  both.insert(both.end(), copy.begin(), copy.end());
  CHECK((stripped(both) == both));
}

TEST_MAIN()
