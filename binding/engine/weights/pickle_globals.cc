#include "engine/weights/pickle_globals.h"

#include <unordered_map>

namespace thaw::weights::pickle {
namespace {

struct Element {
  std::string_view storage;  // torch.<storage>, torch.cuda.<storage>
  std::string_view dtype;    // torch.<dtype>
  at::ScalarType type;
};

constexpr Element kElements[] = {
    {"FloatStorage", "float32", at::kFloat},
    {"DoubleStorage", "float64", at::kDouble},
    {"HalfStorage", "float16", at::kHalf},
    {"BFloat16Storage", "bfloat16", at::kBFloat16},
    {"LongStorage", "int64", at::kLong},
    {"IntStorage", "int32", at::kInt},
    {"ShortStorage", "int16", at::kShort},
    {"CharStorage", "int8", at::kChar},
    {"ByteStorage", "uint8", at::kByte},
    {"BoolStorage", "bool", at::kBool},
    {"ComplexFloatStorage", "complex64", at::kComplexFloat},
    {"ComplexDoubleStorage", "complex128", at::kComplexDouble},
    // These have no storage class of their own: PyTorch saves them in untyped storages.
    {"", "uint16", at::kUInt16},
    {"", "uint32", at::kUInt32},
    {"", "uint64", at::kUInt64},
    {"", "float8_e4m3fn", at::kFloat8_e4m3fn},
    {"", "float8_e5m2", at::kFloat8_e5m2},
};

const std::unordered_map<std::string_view, Role>& functions() {
  static const std::unordered_map<std::string_view, Role> kFunctions = {
      {"torch._utils._rebuild_tensor", Role::kTensor1},
      {"torch._utils._rebuild_tensor_v2", Role::kTensor2},
      {"torch._utils._rebuild_tensor_v3", Role::kTensor3},
      {"torch._utils._rebuild_parameter", Role::kParameter},
      {"torch._utils._rebuild_parameter_with_state", Role::kParameter},
      {"torch.nn.parameter.Parameter", Role::kParameter},
      {"torch._tensor._rebuild_from_type_v2", Role::kFromType},
      {"collections.OrderedDict", Role::kDict},
      {"collections.Counter", Role::kDict},
      {"torch.Size", Role::kFirstArgument},
      {"torch.jit._pickle.build_intlist", Role::kFirstArgument},
      {"torch.jit._pickle.build_doublelist", Role::kFirstArgument},
      {"torch.jit._pickle.build_boollist", Role::kFirstArgument},
      {"torch.jit._pickle.build_tensorlist", Role::kFirstArgument},
      {"torch.jit._pickle.restore_type_tag", Role::kFirstArgument},
      // Neighbours of the weights in checkpoints: optimizers, schedules, counters, options.
      {"argparse.Namespace", Role::kOther},
      {"lightning.pytorch.utilities.parsing.AttributeDict", Role::kOther},
      {"lightning_fabric.utilities.data.AttributeDict", Role::kOther},
      {"pytorch_lightning.utilities.parsing.AttributeDict", Role::kOther},
      {"collections.defaultdict", Role::kOther},
      {"pathlib.PosixPath", Role::kOther},
      {"pathlib._local.PosixPath", Role::kOther},
      {"numpy.dtype", Role::kOther},
      {"numpy.core.multiarray.scalar", Role::kOther},
      {"numpy._core.multiarray.scalar", Role::kOther},
      {"numpy.ndarray", Role::kOther},
      {"numpy.core.multiarray._reconstruct", Role::kOther},
      {"numpy._core.multiarray._reconstruct", Role::kOther},
      {"torch.Tensor", Role::kOther},
      {"torch.device", Role::kOther},
      {"torch.serialization._get_layout", Role::kOther},
      {"_codecs.encode", Role::kOther},
      {"builtins.dict", Role::kOther},
      {"builtins.float", Role::kOther},
      {"builtins.int", Role::kOther},
      {"builtins.list", Role::kOther},
      {"builtins.set", Role::kOther},
      {"builtins.bytearray", Role::kOther},
      {"builtins.complex", Role::kOther},
      {"__builtin__.dict", Role::kOther},
      {"__builtin__.float", Role::kOther},
      {"__builtin__.int", Role::kOther},
      {"__builtin__.list", Role::kOther},
      {"__builtin__.set", Role::kOther},
      {"__builtin__.bytearray", Role::kOther},
      {"__builtin__.complex", Role::kOther},
  };
  return kFunctions;
}

}  // namespace

std::optional<Global> find_global(const std::string& module, const std::string& name,
                                  Dialect dialect) {
  const std::string full = module + "." + name;
  if (const auto found = functions().find(full); found != functions().end()) {
    return Global{found->second, at::kByte};
  }
  if (full == "torch.storage.UntypedStorage" || full == "torch.UntypedStorage") {
    return Global{Role::kStorageClass, at::kByte};
  }
  for (const Element& element : kElements) {
    if (module == "torch" && name == element.dtype) return Global{Role::kDtype, element.type};
    if ((module == "torch" || module == "torch.cuda") && !name.empty() && name == element.storage) {
      return Global{Role::kStorageClass, element.type};
    }
  }
  if (dialect == Dialect::kTorchScript && full.starts_with("__torch__.")) {
    return Global{Role::kScriptClass, at::kByte};
  }
  return std::nullopt;
}

std::string_view storage_class(at::ScalarType dtype) {
  for (const Element& element : kElements) {
    if (element.type == dtype) return element.storage;
  }
  return {};
}

}  // namespace thaw::weights::pickle
