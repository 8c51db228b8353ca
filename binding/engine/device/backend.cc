#include "engine/device/backend.h"

#include <ATen/Version.h>
#include <torch/csrc/api/include/torch/version.h>

#include <charconv>

#include "engine/device/cpu.h"
#include "engine/device/cuda.h"
#include "engine/error.h"

namespace thaw::device {
namespace {

int cuda_index(const std::string& name) {
  if (name == "cuda") return 0;
  int index = -1;
  const char* begin = name.data() + 5;
  const char* end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(begin, end, index);
  if (!name.starts_with("cuda:") || name.size() == 5 || error != std::errc() || rest != end ||
      index < 0) {
    fail("ERR_INVALID_ARGUMENT",
         "Expected 'auto', 'cpu', 'cuda' or 'cuda:N' for device but received '", name, "'.");
  }
  return index;
}

}  // namespace

std::shared_ptr<const Backend> make_backend(const std::string& name) {
  if (name == "cpu") return make_cpu_backend();
  const int gpus = cuda_device_count();
  if (name == "auto") return gpus > 0 ? make_cuda_backend(0) : make_cpu_backend();
  const int index = cuda_index(name);
  if (index < gpus) return make_cuda_backend(index);
  if (!cuda_is_built()) {
    fail("ERR_DEVICE_NOT_FOUND", "There is no device '", name,
         "': this build of thaw is for the CPU; run "
         "`thaw setup --cuda` for the CUDA build.");
  }
  fail("ERR_DEVICE_NOT_FOUND", "There is no device '", name, "': ", gpus,
       " CUDA device(s) can be used; `thaw doctor` says more.");
}

DeviceFacts device_facts() {
  DeviceFacts facts;
  facts.libtorch = TORCH_VERSION;
  facts.cpu_capability = at::get_cpu_capability();
  facts.cpu_bfloat16 = make_cpu_backend()->fast_bfloat16();
  facts.cuda_built = cuda_is_built();
  describe_cuda(facts);
  return facts;
}

}  // namespace thaw::device
