// PyTorch's zip archives (torch.save since 1.6, torch.jit.save): `<name>/data.pkl` describes the
// tensors, `<name>/data/<key>` hold their storages. TorchScript adds code/ and constants.pkl;
// neither is opened here.
#include <caffe2/serialize/inline_container.h>
#include <caffe2/serialize/read_adapter_interface.h>

#include <algorithm>
#include <bit>
#include <optional>

#include "engine/weights/malformed.h"
#include "engine/weights/named_tensors.h"
#include "engine/weights/readers.h"

namespace thaw::weights {
namespace {

static_assert(std::endian::native == std::endian::little, "Big-endian archives are swapped to it.");

constexpr uint64_t kLongestPickle = uint64_t{1} << 28;

// Gives libtorch's zip reader the file that is open already. An exception must not cross the C code
// of its zip library, so a failed read is remembered and shows as a short one.
class Adapter final : public caffe2::serialize::ReadAdapterInterface {
 public:
  explicit Adapter(const InputFile& file) : file_(file) {}

  size_t size() const override { return file_.size(); }

  size_t read(uint64_t position, void* to, size_t size, const char*) const override {
    try {
      file_.read_at(position, to, size);
      return size;
    } catch (const Error& error) {
      if (!failure_) failure_ = error;
      return 0;
    }
  }

  const std::optional<Error>& failure() const { return failure_; }

 private:
  const InputFile& file_;
  mutable std::optional<Error> failure_;
};

using Reader = caffe2::serialize::PyTorchStreamReader;

std::string record(Reader& reader, const std::string& name, uint64_t most) {
  const uint64_t size = reader.getRecordSize(name);
  // PyTorch never compresses these, so none is larger than the file.
  if (size > most) malformed("its record '", name, "' claims ", size, " bytes");
  std::string bytes(size, '\0');
  if (size > 0) reader.getRecord(name, bytes.data(), size);
  return bytes;
}

void swap_bytes(char* data, uint64_t size, size_t width) {
  for (uint64_t at = 0; at + width <= size; at += width) std::reverse(data + at, data + at + width);
}

bool is_big_endian(Reader& reader) {
  if (!reader.hasRecord("byteorder")) return false;  // before PyTorch 2.1, and TorchScript
  const std::string order = record(reader, "byteorder", 16);
  if (order != "little" && order != "big") malformed("its byte order is unknown");
  return order == "big";
}

void read_storage(Reader& reader, const Storage& storage, bool big_endian, void* to) {
  const std::string name = "data/" + storage.key;
  if (!reader.hasRecord(name)) malformed("storage '", printable(storage.key), "' is missing");
  if (reader.getRecordSize(name) != storage.bytes) {
    malformed("storage '", printable(storage.key), "' has ", reader.getRecordSize(name),
              " bytes instead of ", storage.bytes);
  }
  if (storage.bytes == 0) return;
  reader.getRecord(name, to, storage.bytes);
  if (!big_endian) return;
  // A complex number is two numbers, each in its own byte order.
  const size_t width =
      c10::elementSize(storage.dtype) / (c10::isComplexType(storage.dtype) ? 2 : 1);
  swap_bytes(static_cast<char*>(to), storage.bytes, width);
}

// TorchScript's extra files: free text that its writer has put beside the model.
Metadata read_extra_files(Reader& reader) {
  constexpr size_t kLongestText = 1 << 20;
  const std::string prefix = "extra/";
  Metadata metadata;
  for (const std::string& name : reader.getAllRecords()) {
    if (!name.starts_with(prefix) || reader.getRecordSize(name) > kLongestText) continue;
    metadata[name.substr(prefix.size())] = record(reader, name, kLongestText);
  }
  return metadata;
}

WeightsFile read_archive(const InputFile& file, Reader& reader) {
  if (!reader.hasRecord("data.pkl")) malformed("it is a zip archive without PyTorch's data.pkl");
  const bool script = reader.hasRecord("constants.pkl");
  const std::string bytes =
      record(reader, "data.pkl", std::min<uint64_t>(file.size(), kLongestPickle));
  MemorySource source(bytes.data(), bytes.size());
  const pickle::Pickle pickled =
      pickle::read(source, script ? pickle::Dialect::kTorchScript : pickle::Dialect::kStateDict);
  const NamedViews named =
      script ? script_tensors(*pickled.root) : state_dict_tensors(*pickled.root);

  const bool big_endian = is_big_endian(reader);
  WeightsFile result;
  result.format = script ? "torchscript" : "pytorch";
  if (script) result.metadata = read_extra_files(reader);
  result.tensors = materialize(
      named,
      [&](const Storage& storage, void* to) { read_storage(reader, storage, big_endian, to); },
      file.size());
  return result;
}

// Keras 3 writes zip archives too: metadata.json, config.json and model.weights.h5, in no folder.
bool is_keras(const InputFile& file) {
  constexpr uint64_t kDirectoryRoom = 64 << 10;
  const uint64_t from = file.size() > kDirectoryRoom ? file.size() - kDirectoryRoom : 0;
  return file.peek(from, kDirectoryRoom).find("model.weights.h5") != std::string::npos;
}

}  // namespace

WeightsFile read_pytorch_zip(const InputFile& file) {
  const auto adapter = std::make_shared<Adapter>(file);
  try {
    Reader reader(adapter);
    return read_archive(file, reader);
  } catch (const c10::Error& error) {
    if (adapter->failure() && adapter->failure()->code() == "ERR_IO") throw *adapter->failure();
    if (is_keras(file)) {
      malformed(
          "it is a Keras file, and those are not read yet; use safetensors, PyTorch or "
          "TorchScript weights");
    }
    malformed("its zip archive is truncated or damaged (", sentence_of(error), ")");
  }
}

}  // namespace thaw::weights
