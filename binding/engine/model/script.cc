#include "engine/model/script.h"

#include <map>

namespace thaw::model {
namespace {

std::string line(const std::string& code) { return "    " + code + "\n"; }

// "0" is no identifier, hence getattr.
std::string call(const std::string& module, const std::string& argument) {
  return "getattr(self, \"" + module + "\").forward(" + argument + ")";
}

std::string forward(const std::string& body) {
  return "def forward(self, x: Tensor) -> Tensor:\n" + body;
}

class Writer {
 public:
  explicit Writer(const Graph& graph) : graph_(graph) {}

  // The module at `path` ("layer1.0."), which computes nodes first .. last of one value from
  // outside; where they take two, std::out_of_range.
  ScriptModule module(const std::string& path, int first, int last) const {
    ScriptModule module{.name = "", .source = ""};
    // What the values of nodes are called here; the one that comes from outside is x.
    std::map<int, std::string> values;
    const int outside = graph_.at(first).inputs.at(0);
    values[outside] = "x";
    const auto value = [&](int node) { return values.at(node); };
    std::string body;
    const auto assign = [&](int node, const std::string& expression) {
      values[node] = std::string("v").append(std::to_string(node));
      body += line(values[node] + " = " + expression);
    };
    for (int node = first; node <= last; ++node) {
      const std::string inner = child(path, node);
      int end = node;  // of the nodes that lie in the same module below this one
      while (!inner.empty() && end < last && child(path, end + 1) == inner) ++end;
      const bool leaf = !graph_.tensors(node).empty() &&
                        graph_.at(node).names.module.size() == path.size() + inner.size();
      const int input = graph_.at(node).inputs.at(0);
      if (leaf) {
        module.modules.push_back(leaf_module(inner, node));
        assign(node, call(inner, value(input)));
        const std::string after = script(graph_.at(node).op, {values[node]});
        if (after != values[node]) assign(node, after);
      } else if (holds_modules(path + inner + ".", node, end)) {
        module.modules.push_back(this->module(path + inner + ".", node, end));
        module.modules.back().name = inner;
        assign(end, call(inner, value(input)));
        node = end;
      } else {
        op::Texts inputs;
        for (const int in : graph_.at(node).inputs) inputs.push_back(value(in));
        assign(node, script(graph_.at(node).op, inputs));
      }
    }
    module.source = forward(body + line("return " + value(last)));
    return module;
  }

 private:
  ScriptModule leaf_module(const std::string& name, int node) const {
    return {.name = name,
            .source = forward(line("return " + module_script(graph_.at(node).op))),
            .node = node};
  }

  // The part of a node's name after `path` up to the next dot.
  std::string child(const std::string& path, int node) const {
    const std::string& name = graph_.at(node).names.module;
    if (!name.starts_with(path)) return "";
    return name.substr(path.size(), name.find('.', path.size()) - path.size());
  }

  bool holds_modules(const std::string& path, int first, int last) const {
    for (int node = first; node <= last; ++node) {
      if (graph_.at(node).names.module.starts_with(path) && !graph_.tensors(node).empty())
        return true;
    }
    return false;
  }

  const Graph& graph_;
};

}  // namespace

ScriptModule script_modules(const Graph& graph) {
  return Writer(graph).module("", 1, graph.output());
}

}  // namespace thaw::model
