// torch.save before 1.6 (and with _use_new_zipfile_serialization=False): pickles one after the
// other (magic number, protocol, the writer's machine, the object, the storages' keys), then each
// storage in the keys' order: its number of elements as an int64, and its bytes, always
// little-endian.
#include <bit>
#include <unordered_map>

#include "engine/weights/malformed.h"
#include "engine/weights/named_tensors.h"
#include "engine/weights/readers.h"

namespace thaw::weights {
namespace {

using pickle::Dialect;
using pickle::Kind;

static_assert(std::endian::native == std::endian::little, "The bytes are read as they are.");

// 0x1950a86a20f9469cfc6c
constexpr std::string_view kMagic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
constexpr int64_t kProtocol = 1001;

using Offsets = std::unordered_map<std::string, uint64_t>;

// Where each storage's bytes begin; only the lengths between them are read.
Offsets locate(const InputFile& file, uint64_t at, const pickle::Pickle& object,
               const pickle::Value& keys) {
  Offsets offsets;
  if (keys.kind != Kind::kList) malformed("it has no list of storages");
  for (const pickle::Value* key : keys.items) {
    const auto known =
        key->kind == Kind::kString ? object.storages.find(key->text) : object.storages.end();
    if (known == object.storages.end()) malformed("it lists a storage that no tensor mentions");
    const Storage& storage = known->second;
    int64_t elements = 0;
    file.read_at(at, &elements, sizeof elements);
    at += sizeof elements;
    if (elements != storage.elements) {
      malformed("storage '", printable(storage.key), "' has ", elements, " elements instead of ",
                storage.elements);
    }
    if (storage.bytes > file.size() - at) {
      malformed("storage '", printable(storage.key), "' ends beyond the file (truncated?)");
    }
    if (!offsets.emplace(storage.key, at).second) {
      malformed("storage '", printable(storage.key), "' is listed twice");
    }
    at += storage.bytes;
  }
  return offsets;
}

}  // namespace

WeightsFile read_pytorch_legacy(const InputFile& file) {
  FileSource source(file);
  const pickle::Pickle magic = pickle::read(source, Dialect::kStateDict);
  if (magic.root->kind != Kind::kLong || magic.root->text != kMagic) {
    malformed("it is a pickle, but torch.save did not write it");
  }
  const pickle::Pickle protocol = pickle::read(source, Dialect::kStateDict);
  if (protocol.root->kind != Kind::kInt || protocol.root->integer != kProtocol) {
    malformed("its version of torch.save's format is unknown");
  }
  (void)pickle::read(source, Dialect::kStateDict);  // the writer's byte order and type sizes
  const pickle::Pickle object = pickle::read(source, Dialect::kStateDict);
  const NamedViews named = state_dict_tensors(*object.root);
  const pickle::Pickle keys = pickle::read(source, Dialect::kStateDict);
  const Offsets offsets = locate(file, source.position(), object, *keys.root);

  WeightsFile result;
  result.format = "pytorch-legacy";
  result.tensors = materialize(
      named,
      [&](const Storage& storage, void* to) {
        const auto found = offsets.find(storage.key);
        if (found == offsets.end()) {
          malformed("storage '", printable(storage.key), "' is missing");
        }
        file.read_at(found->second, to, storage.bytes);
      },
      file.size());
  return result;
}

}  // namespace thaw::weights
