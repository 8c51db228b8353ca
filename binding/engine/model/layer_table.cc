#include "engine/model/layer_table.h"

namespace thaw::model {

int64_t convolved(int64_t size, int64_t kernel, int64_t stride, int64_t padding) {
  return (size + 2 * padding - kernel) / stride + 1;
}

namespace {

class TableBuilder {
 public:
  explicit TableBuilder(InputShape input) : shape_{input.height, input.width, 3} {}

  void plain(const std::string& name, const std::string& type, const std::string& torch_name = "") {
    push({.name = name, .torch_name = torch_name, .type = type}, nullptr);
  }

  void convolution(const std::string& name, Convolution& module) {
    shape_ = {convolved(shape_[0], module.kernel, module.stride, module.padding),
              convolved(shape_[1], module.kernel, module.stride, module.padding), module.out};
    push({.name = name,
          .torch_name = module.name,
          .type = "Conv2D",
          .trainable = module.trainable,
          .weights = module.out * (module.in * module.kernel * module.kernel + module.biased)},
         &module.trainable);
  }

  void norm(const std::string& name, BatchNorm& module) {
    push({.name = name,
          .torch_name = module.name,
          .type = "BatchNormalization",
          .trainable = module.trainable,
          .weights = 2 * module.channels,
          .buffers = 2 * module.channels},
         &module.trainable);
  }

  void dense(const std::string& name, Dense& module) {
    shape_ = {module.out};
    push({.name = name,
          .torch_name = module.name,
          .type = "Dense",
          .trainable = module.trainable,
          .weights = module.out * (module.in + 1)},
         &module.trainable);
  }

  std::vector<int64_t>& shape() { return shape_; }
  void next_unit() { ++unit_; }
  void enter_head() { head_ = true; }
  LayerTable take() { return std::move(table_); }

 private:
  void push(Layer layer, bool* flag) {
    layer.output_shape = shape_;
    layer.unit = unit_;
    layer.head = head_;
    table_.layers.push_back(std::move(layer));
    table_.module_flags.push_back(flag);
  }

  LayerTable table_;
  std::vector<int64_t> shape_;
  int unit_ = 0;
  bool head_ = false;
};

void add_stem(TableBuilder& table, ConvolutionNorm& stem) {
  table.plain("input_layer", "InputLayer");
  // Keras pads in a layer of its own and convolves without padding; the sizes come out the same.
  const std::vector<int64_t> input = table.shape();
  table.shape() = {input[0] + 6, input[1] + 6, input[2]};
  table.plain("conv1_pad", "ZeroPadding2D");
  table.shape() = input;
  table.convolution("conv1_conv", stem.convolution);
  table.norm("conv1_bn", stem.norm);
  table.plain("conv1_relu", "Activation", "relu");
  const std::vector<int64_t> stem_shape = table.shape();
  table.shape() = {stem_shape[0] + 2, stem_shape[1] + 2, stem_shape[2]};
  table.plain("pool1_pad", "ZeroPadding2D");
  table.shape() = {convolved(stem_shape[0], 3, 2, 1), convolved(stem_shape[1], 3, 2, 1),
                   stem_shape[2]};
  table.plain("pool1_pool", "MaxPooling2D", "maxpool");
}

// Keras lists a block's layers by depth in its graph: the shortcut's convolution stands beside the
// last one.
void add_block(TableBuilder& table, Block& block, const std::string& prefix) {
  const std::vector<int64_t> input = table.shape();
  const size_t last = block.body.size() - 1;
  for (size_t i = 0; i < last; ++i) {
    const std::string name = prefix + "_" + std::to_string(i + 1);
    table.convolution(name + "_conv", block.body[i].convolution);
    table.norm(name + "_bn", block.body[i].norm);
    table.plain(name + "_relu", "Activation");
  }
  const std::string name = prefix + "_" + std::to_string(last + 1);
  const std::vector<int64_t> inner = table.shape();
  if (block.downsample) {
    table.shape() = input;
    table.convolution(prefix + "_0_conv", block.downsample->convolution);
    table.shape() = inner;
  }
  table.convolution(name + "_conv", block.body[last].convolution);
  if (block.downsample) table.norm(prefix + "_0_bn", block.downsample->norm);
  table.norm(name + "_bn", block.body[last].norm);
  table.plain(prefix + "_add", "Add");
  table.plain(prefix + "_out", "Activation", block.name);
}

void add_head(TableBuilder& table, std::vector<HeadModule>& head) {
  table.enter_head();
  for (HeadModule& module : head) {
    const std::string& name = module.layer.name;
    std::vector<int64_t>& shape = table.shape();
    switch (module.layer.kind) {
      case HeadKind::kGlobalAveragePooling:
        shape = {shape.back()};
        table.plain(name, "GlobalAveragePooling2D", "avgpool");
        break;
      case HeadKind::kFlatten: {
        int64_t features = 1;
        for (int64_t size : shape) features *= size;
        shape = {features};
        table.plain(name, "Flatten");
        break;
      }
      case HeadKind::kDropout:
        table.plain(name, "Dropout");
        break;
      case HeadKind::kDense:
        table.dense(name, *module.dense);
        break;
      case HeadKind::kBatchNormalization:
        table.norm(name, *module.norm);
        break;
    }
  }
}

}  // namespace

LayerTable make_layer_table(InputShape input, ConvolutionNorm& stem, std::vector<Block>& blocks,
                            std::vector<HeadModule>& head) {
  TableBuilder table(input);
  add_stem(table, stem);
  for (Block& block : blocks) {
    table.next_unit();
    // torchvision counts "layer1.0" where Keras counts "conv2_block1".
    const int stage = block.name[5] - '0';
    const int index = std::stoi(block.name.substr(7));
    add_block(table, block,
              "conv" + std::to_string(stage + 1) + "_block" + std::to_string(index + 1));
  }
  table.next_unit();
  add_head(table, head);
  return table.take();
}

}  // namespace thaw::model
