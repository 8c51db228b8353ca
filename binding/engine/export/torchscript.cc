#include "engine/export/torchscript.h"

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/export.h>

#include "engine/model/script.h"
#include "engine/weights/archive_sink.h"
#include "engine/weights/malformed.h"

namespace thaw {
namespace {

using torch::jit::Module;

// Builds the tree of modules from the leaves up: a forward can only be compiled once the submodules
// that it calls are there.
class ScriptBuilder {
 public:
  explicit ScriptBuilder(const model::Network& network) : network_(network) {}

  Module build(const model::ScriptModule& from) const {
    // Every module has a class of its own, since each compiles its own constants; Python shows the
    // name's last part.
    const char* type = from.node < 0 ? "Module" : model::op_name(network_.graph().at(from.node).op);
    Module module(c10::QualifiedName(std::string("__torch__.thaw.") + type), unit_,
                  /*shouldMangle=*/true);
    // Python's eval() and train() set it; the code does not look at it.
    module.register_attribute("training", c10::BoolType::get(), false);
    for (const model::ScriptModule& inner : from.modules)
      module.register_module(inner.name, build(inner));
    if (from.node >= 0) add_tensors(module, from.node);
    module.define(from.source);
    return module;
  }

 private:
  void add_tensors(Module& to, int node) const {
    const std::vector<model::TensorSpec> specs = network_.graph().tensors(node);
    const std::vector<at::Tensor> tensors = network_.weights().of(node);
    for (size_t i = 0; i < specs.size(); ++i) {
      to.register_parameter(specs[i].field,
                            tensors[i].detach().to(at::kCPU).clone(at::MemoryFormat::Contiguous),
                            /*is_buffer=*/specs[i].role != model::Role::kWeight);
    }
  }

  const model::Network& network_;
  std::shared_ptr<torch::jit::CompilationUnit> unit_ =
      std::make_shared<torch::jit::CompilationUnit>();
};

}  // namespace

void export_torchscript(const std::string& path, const model::Network& network,
                        const Metadata& extra_files) {
  weights::ArchiveSink sink(path);
  const auto write = [&](const void* data, size_t size) { return sink.write(data, size); };
  try {
    const Module module = ScriptBuilder(network).build(model::script_modules(network.graph()));
    const torch::jit::ExtraFilesMap extra(extra_files.begin(), extra_files.end());
    torch::jit::ExportModule(module, write, extra);
  } catch (const c10::Error& error) {
    if (host_memory_is_full(error)) throw;
    fail("ERR_IO", "Cannot write TorchScript to '", path, "': ", reason(error), ".");
  }
  sink.finish();
}

}  // namespace thaw
