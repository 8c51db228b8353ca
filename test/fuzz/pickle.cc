// The interpreter in both dialects, and the search for tensors in what it made; no storages are
// read.
#include "engine/weights/pickle.h"

#include "engine/weights/named_tensors.h"
#include "fuzz.h"

using namespace thaw::weights;

namespace {

template <typename Search>
void read_as(std::string_view bytes, pickle::Dialect dialect, Search search) {
  MemorySource source(bytes.data(), bytes.size());
  const pickle::Pickle pickled = pickle::read(source, dialect);
  for (const auto& [name, view] : search(*pickled.root)) {
    if (name.size() > 64 * 1024 || view->sizes.size() != view->strides.size()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  (void)fuzz::refused_or_read(data, size, [](std::string_view bytes) {
    read_as(bytes, pickle::Dialect::kStateDict, state_dict_tensors);
  });
  return fuzz::refused_or_read(data, size, [](std::string_view bytes) {
    read_as(bytes, pickle::Dialect::kTorchScript, script_tensors);
  });
}
