#include "engine/weights/readers.h"
#include "fuzz.h"

using namespace thaw::weights;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::refused_or_read(data, size, [](std::string_view bytes) {
    thaw::StateDict tensors = read_safetensors(InputFile("input", bytes)).tensors;
    fuzz::check(tensors, bytes.size());
    strip_network_prefix(tensors, {{"conv1.weight", "bn1.weight", "fc.weight"}});
  });
}
