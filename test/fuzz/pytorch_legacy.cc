#include "engine/weights/readers.h"
#include "fuzz.h"

using namespace thaw::weights;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::refused_or_read(data, size, [](std::string_view bytes) {
    fuzz::check(read_pytorch_legacy(InputFile("input", bytes)).tensors, bytes.size());
  });
}
