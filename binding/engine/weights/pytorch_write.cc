#include <caffe2/serialize/inline_container.h>

#include <bit>
#include <unordered_set>

#include "engine/weights/archive_sink.h"
#include "engine/weights/malformed.h"
#include "engine/weights/pickle_globals.h"
#include "engine/weights/pickle_opcodes.h"
#include "engine/weights/pytorch.h"
#include "engine/weights/utf8.h"

namespace thaw::weights {
namespace {

static_assert(std::endian::native == std::endian::little, "The numbers are written as they are.");

// Writes the operations that leave the given values on the stack.
class PickleWriter {
 public:
  PickleWriter() { op(pickle::kProto), raw<uint8_t>(2); }

  void op(uint8_t code) { bytes_.push_back(static_cast<char>(code)); }

  void global(const std::string& module, const std::string& name) {
    op(pickle::kGlobal);
    bytes_ += module + "\n" + name + "\n";
  }

  void text(const std::string& value) {
    op(pickle::kBinUnicode);
    raw(static_cast<uint32_t>(value.size()));
    bytes_ += value;
  }

  void integer(int64_t value) {
    if (value >= INT32_MIN && value <= INT32_MAX) {
      op(pickle::kBinInt);
      raw(static_cast<int32_t>(value));
    } else {
      op(pickle::kLong1);
      raw<uint8_t>(sizeof value);
      raw(value);
    }
  }

  void integers(at::IntArrayRef values) {
    op(pickle::kMark);
    for (const int64_t value : values) integer(value);
    op(pickle::kTuple);
  }

  void empty_ordered_dict() {
    global("collections", "OrderedDict");
    op(pickle::kEmptyTuple);
    op(pickle::kReduce);
  }

  const std::string& bytes() const { return bytes_; }

 private:
  template <typename Number>
  void raw(Number value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }

  std::string bytes_;
};

// As contiguous, whatever the tensor's own strides.
std::vector<int64_t> strides_of(const at::Tensor& tensor) {
  std::vector<int64_t> strides(tensor.dim(), 1);
  for (int64_t i = tensor.dim() - 2; i >= 0; --i) {
    strides[i] = strides[i + 1] * std::max<int64_t>(tensor.size(i + 1), 1);
  }
  return strides;
}

// torch._utils._rebuild_tensor_v2(storage, offset, sizes, strides, requires_grad, hooks)
void put_tensor(PickleWriter& to, const at::Tensor& tensor, const std::string& storage_class,
                size_t key) {
  to.global("torch._utils", "_rebuild_tensor_v2");
  to.op(pickle::kMark);
  to.op(pickle::kMark);
  to.text("storage");
  to.global("torch", storage_class);
  to.text(std::to_string(key));
  to.text("cpu");
  to.integer(tensor.numel());
  to.op(pickle::kTuple);
  to.op(pickle::kBinPersId);
  to.integer(0);
  to.integers(tensor.sizes());
  to.integers(strides_of(tensor));
  to.op(pickle::kNewFalse);
  to.empty_ordered_dict();
  to.op(pickle::kTuple);
  to.op(pickle::kReduce);
}

std::string pickled(const StateDict& tensors) {
  PickleWriter to;
  to.empty_ordered_dict();
  to.op(pickle::kMark);
  std::unordered_set<std::string> names;
  for (const auto& [name, tensor] : tensors) {
    if (!names.insert(name).second || !is_utf8(name)) {
      malformed("the tensor name '", printable(name), "' is used twice or is not UTF-8");
    }
    const std::string storage_class(pickle::storage_class(tensor.scalar_type()));
    if (storage_class.empty()) {
      malformed("PyTorch has no storage class for tensor '", printable(name), "' (",
                c10::toString(tensor.scalar_type()), ")");
    }
    to.text(name);
    put_tensor(to, tensor, storage_class, names.size() - 1);
  }
  to.op(pickle::kSetItems);
  to.op(pickle::kStop);
  return to.bytes();
}

void put_records(ArchiveSink& sink, const std::string& pickle, const StateDict& tensors,
                 const Metadata& metadata) {
  caffe2::serialize::PyTorchStreamWriter writer(
      [&](const void* data, size_t size) { return sink.write(data, size); });
  writer.writeRecord("data.pkl", pickle.data(), pickle.size());
  const std::string order = "little";
  writer.writeRecord("byteorder", order.data(), order.size());
  for (const auto& [name, text] : metadata)
    writer.writeRecord("extra/" + name, text.data(), text.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    // One tensor at a time on the CPU: a network on a GPU never lies in memory twice.
    const at::Tensor bytes = tensors[i].second.detach().to(at::kCPU).contiguous();
    writer.writeRecord("data/" + std::to_string(i), bytes.const_data_ptr(), bytes.nbytes());
  }
  writer.writeEndOfFile();
}

}  // namespace

void write_state_dict(const std::string& path, const StateDict& tensors, const Metadata& metadata) {
  try {
    const std::string pickle = pickled(tensors);
    ArchiveSink sink(path);
    put_records(sink, pickle, tensors, metadata);
    sink.finish();
  } catch (const Error& error) {
    if (error.code() != "ERR_WEIGHTS_FORMAT") throw;
    fail("ERR_WEIGHTS_FORMAT", "Cannot write weights to '", path, "': ", error.what(), ".");
  } catch (const c10::Error& error) {
    if (host_memory_is_full(error)) throw;
    fail("ERR_IO", "Cannot write weights to '", path, "': ", reason(error), ".");
  }
}

}  // namespace thaw::weights
