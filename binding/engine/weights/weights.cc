#include "engine/weights/weights.h"

#include "engine/weights/malformed.h"
#include "engine/weights/readers.h"

namespace thaw::weights {
namespace {

bool starts_with(const std::string& bytes, std::string_view prefix) {
  return bytes.compare(0, prefix.size(), prefix) == 0;
}

WeightsFile read_any(const InputFile& file) {
  const std::string start = file.peek(0, 64);
  if (start.empty()) malformed("it is empty");
  // Its text has no zeros; the length of a header, which may begin with the same byte, has some.
  if (start[0] == '{' && start.find('\0') == std::string::npos) return read_sharded(file);
  // Before the pickle: a header of 640 bytes begins with the same two bytes as a pickle.
  if (start.size() > 8 && start[8] == '{') return read_safetensors(file);
  if (starts_with(start, "PK")) return read_pytorch_zip(file);
  if (start[0] == '\x80') return read_pytorch_legacy(file);
  if (starts_with(start, "\x89HDF")) {
    malformed("it is an HDF5 file, as Keras writes them, which is not read natively");
  }
  if (starts_with(start, "version https://git-lfs")) {
    malformed("it is a Git LFS pointer and not the file itself; fetch it with `git lfs pull`");
  }
  malformed("it is no safetensors, PyTorch or TorchScript file");
}

}  // namespace

WeightsFile read_weights(const InputFile& file, const NetworkNames& networks) {
  return naming_the_file(file.path(), [&] {
    WeightsFile weights = read_any(file);
    strip_network_prefix(weights.tensors, networks);
    return weights;
  });
}

WeightsFile read_weights(const std::string& path, const NetworkNames& networks) {
  return read_weights(InputFile(path), networks);
}

}  // namespace thaw::weights
