#include "engine/model/norm/arithmetic.h"

#include <map>
#include <mutex>

#include "engine/device/cuda_kernels.h"
#include "engine/model/norm/channel_kernels_source.h"
#include "engine/model/norm/check.h"
#include "engine/notice.h"

namespace thaw::model {
namespace {

std::unique_ptr<NormArithmetic> make_cuda_norm(at::Device device, at::ScalarType type) {
  const at::NoGradGuard no_grad;
  std::string why;
  try {
    std::vector<std::string> definitions;
    if (type == at::kBFloat16) definitions.emplace_back("THAW_BFLOAT16");
    if (auto kernels =
            device::make_cuda_kernels(device.index(), kChannelKernels, definitions, why)) {
      auto norm = make_kernel_norm(std::move(kernels));
      if (computes_norms(*norm, device, type)) return norm;
      why = "they give other results than the CPU";
    }
  } catch (const c10::OutOfMemoryError&) {
    throw;
  } catch (const std::exception& error) {
    why = reason(error);
  }
  notice("going on without kernels of its own on the GPU: " + why + ".");
  return nullptr;
}

const NormArithmetic* cuda_norm(at::Device device, at::ScalarType type) {
  // Never destroyed: CUDA is gone by the time that a process takes its statics down.
  static auto& made =
      *new std::map<std::pair<int, at::ScalarType>, std::unique_ptr<NormArithmetic>>;
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  const std::pair<int, at::ScalarType> key(device.index(), type);
  auto found = made.find(key);
  if (found == made.end()) found = made.emplace(key, make_cuda_norm(device, type)).first;
  return found->second.get();
}

}  // namespace

const NormArithmetic* norm_arithmetic(const at::Tensor& x) {
  const at::ScalarType type = x.scalar_type();
  if ((type != at::kFloat && type != at::kBFloat16) || x.dim() != 4 || x.numel() == 0 ||
      !x.is_contiguous(at::MemoryFormat::ChannelsLast))
    return nullptr;
  if (x.is_cuda()) {
    const bool packs = x.size(1) * static_cast<int64_t>(x.element_size()) % kPackBytes == 0 &&
                       reinterpret_cast<uintptr_t>(x.const_data_ptr()) % kPackBytes == 0;
    return packs ? cuda_norm(x.device(), type) : nullptr;
  }
  static const std::unique_ptr<NormArithmetic> on_cpu = make_cpu_norm();
  return x.is_cpu() ? on_cpu.get() : nullptr;
}

}  // namespace thaw::model
