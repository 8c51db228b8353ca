#include "engine/export/torchscript.h"

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/export.h>

#include <unordered_map>

#include "engine/export/script_source.h"
#include "engine/weights/archive_sink.h"
#include "engine/weights/malformed.h"

namespace thaw {
namespace {

using torch::jit::Module;

// Builds the tree of modules from the leaves up: a forward can only be compiled once the submodules
// that it calls are there.
class ScriptBuilder {
 public:
  explicit ScriptBuilder(const model::Network& network) : network_(network) {
    for (auto& [name, tensor] : network.state()) tensors_.emplace(name, std::move(tensor));
  }

  Module build() const {
    Module root = make("ResNet");
    add(root, "conv1", network_.stem().convolution);
    add(root, "bn1", network_.stem().norm);
    for (const char* layer : {"layer1", "layer2", "layer3", "layer4"}) {
      root.register_module(layer, stage(std::string(layer) + "."));
    }
    add_head(root);
    root.define(script::network(network_.head()));
    return root;
  }

 private:
  // Every module has a class of its own, since each compiles its own constants; Python shows the
  // name's last part.
  Module make(const std::string& type) const {
    Module module(c10::QualifiedName("__torch__.thaw." + type), unit_, /*shouldMangle=*/true);
    // Python's eval() and train() set it; the code does not look at it.
    module.register_attribute("training", c10::BoolType::get(), false);
    return module;
  }

  void add_tensor(Module& to, const std::string& module, const char* field, bool buffer) const {
    to.register_parameter(field, tensors_.at(module + "." + field), buffer);
  }

  void add(Module& to, const std::string& as, const model::Convolution& convolution) const {
    Module module = make("Conv2d");
    add_tensor(module, convolution.name, "weight", false);
    if (convolution.biased) add_tensor(module, convolution.name, "bias", false);
    module.define(script::convolution(convolution));
    to.register_module(as, module);
  }

  void add(Module& to, const std::string& as, const model::BatchNorm& norm) const {
    Module module = make("BatchNorm");
    add_tensor(module, norm.name, "weight", false);
    add_tensor(module, norm.name, "bias", false);
    add_tensor(module, norm.name, "running_mean", true);
    add_tensor(module, norm.name, "running_var", true);
    add_tensor(module, norm.name, "num_batches_tracked", true);
    module.define(script::batch_norm(norm));
    to.register_module(as, module);
  }

  void add(Module& to, const std::string& as, const model::Dense& dense) const {
    Module module = make("Linear");
    add_tensor(module, dense.name, "weight", false);
    add_tensor(module, dense.name, "bias", false);
    module.define(script::dense());
    to.register_module(as, module);
  }

  Module block(const model::Block& block) const {
    Module module = make(network_.architecture().bottleneck ? "Bottleneck" : "BasicBlock");
    for (size_t i = 0; i < block.body.size(); ++i) {
      const std::string number = std::to_string(i + 1);
      add(module, "conv" + number, block.body[i].convolution);
      add(module, "bn" + number, block.body[i].norm);
    }
    if (block.downsample) {
      Module shortcut = make("Sequential");
      add(shortcut, "0", block.downsample->convolution);
      add(shortcut, "1", block.downsample->norm);
      shortcut.define(script::sequence(2));
      module.register_module("downsample", shortcut);
    }
    module.define(script::block(block));
    return module;
  }

  // `prefix`: "layer1."
  Module stage(const std::string& prefix) const {
    Module module = make("Sequential");
    size_t count = 0;
    for (const model::Block& block : network_.blocks()) {
      if (!block.name.starts_with(prefix)) continue;
      module.register_module(block.name.substr(prefix.size()), this->block(block));
      ++count;
    }
    module.define(script::sequence(count));
    return module;
  }

  // torchvision's head is `fc` beside the stages; another one is a module `head` with numbered
  // layers.
  void add_head(Module& root) const {
    if (script::has_own_module(network_.head())) {
      Module head = make("Head");
      add_head_layers(head);
      head.define(script::head(network_.head()));
      root.register_module("head", head);
    } else {
      add_head_layers(root);
    }
  }

  void add_head_layers(Module& to) const {
    for (const model::HeadModule& layer : network_.head()) {
      if (layer.dense) add(to, script::own_name(layer.dense->name), *layer.dense);
      if (layer.norm) add(to, script::own_name(layer.norm->name), *layer.norm);
    }
  }

  const model::Network& network_;
  std::unordered_map<std::string, at::Tensor> tensors_;
  std::shared_ptr<torch::jit::CompilationUnit> unit_ =
      std::make_shared<torch::jit::CompilationUnit>();
};

}  // namespace

void export_torchscript(const std::string& path, const model::Network& network,
                        const Metadata& extra_files) {
  weights::ArchiveSink sink(path);
  const auto write = [&](const void* data, size_t size) { return sink.write(data, size); };
  try {
    const Module module = ScriptBuilder(network).build();
    const torch::jit::ExtraFilesMap extra(extra_files.begin(), extra_files.end());
    torch::jit::ExportModule(module, write, extra);
  } catch (const c10::Error& error) {
    fail("ERR_IO", "Cannot write TorchScript to '", path, "': ", weights::sentence_of(error), ".");
  }
  sink.finish();
}

}  // namespace thaw
