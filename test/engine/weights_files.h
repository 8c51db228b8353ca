// Weight files made by hand: pickles out of their operations, zip archives through libtorch's
// writer.
#pragma once

#include <caffe2/serialize/inline_container.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "engine/error.h"
#include "engine/torch.h"
#include "engine/weights/weights.h"

namespace files {

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "thaw-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline void put(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc).write(bytes.data(), bytes.size());
}

inline std::string get(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string unhex(const std::string& digits) {
  std::string bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

template <typename Number>
std::string raw(std::initializer_list<Number> numbers) {
  return {reinterpret_cast<const char*>(numbers.begin()), numbers.size() * sizeof(Number)};
}

// ---- pickle operations, each leaving one value on the stack

inline std::string text(const std::string& value) {
  return "X" + raw<uint32_t>({static_cast<uint32_t>(value.size())}) + value;
}

inline std::string integer(int64_t value) { return "\x8a\x08" + raw<int64_t>({value}); }

inline std::string global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}

inline std::string tuple(const std::vector<std::string>& items) {
  std::string code = "(";
  for (const std::string& item : items) code += item;
  return code + "t";
}

inline std::string integers(const std::vector<int64_t>& values) {
  std::vector<std::string> items;
  for (const int64_t value : values) items.push_back(integer(value));
  return tuple(items);
}

inline std::string dict(const std::vector<std::string>& keys_and_values) {
  std::string code = "}(";
  for (const std::string& item : keys_and_values) code += item;
  return code + "u";
}

inline std::string storage(const std::string& type, const std::string& key, int64_t elements) {
  return tuple(
             {text("storage"), global("torch", type), text(key), text("cpu"), integer(elements)}) +
         "Q";
}

inline std::string tensor(const std::string& storage, int64_t offset,
                          const std::vector<int64_t>& sizes, const std::vector<int64_t>& strides) {
  const std::string hooks = global("collections", "OrderedDict") + ")R";
  return global("torch._utils", "_rebuild_tensor_v2") +
         tuple({storage, integer(offset), integers(sizes), integers(strides), "\x89", hooks}) + "R";
}

inline std::string pickle(const std::string& value) { return "\x80\x02" + value + "."; }

// ---- files

using Records = std::vector<std::pair<std::string, std::string>>;

inline void put_zip(const std::string& path, const Records& records, bool compress = false) {
  caffe2::serialize::PyTorchStreamWriter writer(path);
  for (const auto& [name, bytes] : records) {
    writer.writeRecord(name, bytes.data(), bytes.size(), compress);
  }
  writer.writeEndOfFile();
}

// The records as they lie in a legacy file: the storages' numbers of elements and bytes.
inline std::string legacy(const std::string& object, const std::vector<std::string>& keys,
                          const std::string& storages) {
  std::string list = "](";
  for (const std::string& key : keys) list += text(key);
  return pickle("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19") + pickle(integer(1001)) +
         pickle(dict({text("little_endian"), "\x88"})) + pickle(object) + pickle(list + "e") +
         storages;
}

// ---- checks

// What reading gives: "ok", or the error's code; anything but an Error passes through.
inline std::string outcome(const std::string& path) {
  try {
    (void)thaw::weights::read_weights(path);
    return "ok";
  } catch (const thaw::Error& error) {
    return error.code();
  }
}

inline std::string message(const std::string& path) {
  try {
    (void)thaw::weights::read_weights(path);
    return "";
  } catch (const thaw::Error& error) {
    return error.what();
  }
}

// How many proper beginnings of the file are not refused as malformed.
inline int accepted_truncations(const Folder& folder, const std::string& bytes) {
  int accepted = 0;
  const std::string path = folder.file("truncated");
  for (size_t size = 0; size < bytes.size(); ++size) {
    put(path, bytes.substr(0, size));
    accepted += outcome(path) == "ERR_WEIGHTS_FORMAT" ? 0 : 1;
  }
  return accepted;
}

// Damages each byte in two ways; a damaged file may be read or refused, but nothing else may
// happen.
inline int other_outcomes(const Folder& folder, const std::string& bytes) {
  int other = 0;
  const std::string path = folder.file("damaged");
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (const int damage : {0xff, 0x01}) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ damage);
      put(path, damaged);
      const std::string seen = outcome(path);
      other += seen == "ok" || seen == "ERR_WEIGHTS_FORMAT" ? 0 : 1;
    }
  }
  return other;
}

inline at::Tensor tensor_of(const thaw::weights::WeightsFile& file, const std::string& name) {
  for (const auto& [known, tensor] : file.tensors) {
    if (known == name) return tensor;
  }
  thaw::fail("ERR_TEST", "There is no tensor ", name);
}

}  // namespace files
