// PyTorch's zip archives (torch.save since 1.6, torch.jit.save): `<name>/data.pkl` describes the
// tensors, `<name>/data/<key>` hold their storages. TorchScript adds code/ and constants.pkl;
// neither is opened here.
#include <algorithm>
#include <bit>

#include "engine/weights/malformed.h"
#include "engine/weights/named_tensors.h"
#include "engine/weights/readers.h"
#include "engine/weights/zip_directory.h"

namespace thaw::weights {
namespace {

static_assert(std::endian::native == std::endian::little, "Big-endian archives are swapped to it.");

constexpr uint64_t kLongestPickle = uint64_t{1} << 28;

// The records of an archive, by their names within its one folder, whatever that is called.
class Archive {
 public:
  explicit Archive(const InputFile& file) : directory_(file) {
    // Keras 3 writes zip archives too, without a folder.
    if (directory_.has("model.weights.h5")) {
      malformed("it is a Keras archive, which is not read natively");
    }
    const auto& names = directory_.names();
    if (!names.empty()) folder_ = names[0].substr(0, names[0].find('/') + 1);
    if (!has("data.pkl")) malformed("it is a zip archive without PyTorch's data.pkl");
  }

  bool has(const std::string& name) const { return directory_.has(folder_ + name); }
  uint64_t size(const std::string& name) const { return directory_.size(folder_ + name); }
  void read(const std::string& name, void* to) const { directory_.read(folder_ + name, to); }

  std::string text(const std::string& name, uint64_t most) const {
    if (size(name) > most) malformed("its record '", printable(name), "' is too long");
    std::string bytes(size(name), '\0');
    read(name, bytes.data());
    return bytes;
  }

  // What comes after `prefix` in the names that begin with it.
  std::vector<std::string> names_after(const std::string& prefix) const {
    std::vector<std::string> names;
    for (const std::string& name : directory_.names()) {
      if (name.starts_with(folder_ + prefix))
        names.push_back(name.substr(folder_.size() + prefix.size()));
    }
    return names;
  }

 private:
  const ZipDirectory directory_;
  std::string folder_;
};

void swap_bytes(char* data, uint64_t size, size_t width) {
  for (uint64_t at = 0; at + width <= size; at += width) std::reverse(data + at, data + at + width);
}

bool is_big_endian(const Archive& archive) {
  if (!archive.has("byteorder")) return false;  // before PyTorch 2.1, and TorchScript
  const std::string order = archive.text("byteorder", 16);
  if (order != "little" && order != "big") malformed("its byte order is unknown");
  return order == "big";
}

void read_storage(const Archive& archive, const Storage& storage, bool big_endian, void* to) {
  const std::string name = "data/" + storage.key;
  if (!archive.has(name)) malformed("storage '", printable(storage.key), "' is missing");
  if (archive.size(name) != storage.bytes) {
    malformed("storage '", printable(storage.key), "' has ", archive.size(name),
              " bytes instead of ", storage.bytes);
  }
  archive.read(name, to);
  if (!big_endian) return;
  // A complex number is two numbers, each in its own byte order.
  const size_t width =
      c10::elementSize(storage.dtype) / (c10::isComplexType(storage.dtype) ? 2 : 1);
  swap_bytes(static_cast<char*>(to), storage.bytes, width);
}

// Extra files, as TorchScript calls them: free text that the writer has put beside the tensors.
Metadata read_extra_files(const Archive& archive) {
  constexpr uint64_t kLongestText = 1 << 20;
  const std::string prefix = "extra/";
  Metadata metadata;
  for (const std::string& name : archive.names_after(prefix)) {
    if (archive.size(prefix + name) > kLongestText) continue;
    metadata[name] = archive.text(prefix + name, kLongestText);
  }
  return metadata;
}

}  // namespace

WeightsFile read_pytorch_zip(const InputFile& file) {
  const Archive archive(file);
  const bool script = archive.has("constants.pkl");
  const std::string bytes = archive.text("data.pkl", kLongestPickle);
  MemorySource source(bytes.data(), bytes.size());
  const pickle::Pickle pickled =
      pickle::read(source, script ? pickle::Dialect::kTorchScript : pickle::Dialect::kStateDict);
  const NamedViews named =
      script ? script_tensors(*pickled.root) : state_dict_tensors(*pickled.root);

  const bool big_endian = is_big_endian(archive);
  WeightsFile result;
  result.format = script ? "torchscript" : "pytorch";
  result.metadata = read_extra_files(archive);
  result.tensors = materialize(
      named,
      [&](const Storage& storage, void* to) { read_storage(archive, storage, big_endian, to); },
      file.size());
  return result;
}

}  // namespace thaw::weights
