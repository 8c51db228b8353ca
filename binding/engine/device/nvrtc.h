// NVIDIA's compiler for programs that are compiled while others run. It comes with libtorch's CUDA
// build; like nvJPEG it is found when it is wanted.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace thaw::device {

// Where to look for the library: what THAW_NVRTC names (`none`: nowhere), else libtorch's own way
// to it, else the one of this major version of CUDA.
std::vector<std::string> nvrtc_libraries(int cuda_major);

// Machine code ("cubin") of CUDA C++ for an architecture such as "sm_90", or nothing, and why in
// `reason`.
std::optional<std::string> compile_kernels(const std::vector<std::string>& libraries,
                                           const char* source, const std::string& architecture,
                                           const std::vector<std::string>& definitions,
                                           std::string& reason);

}  // namespace thaw::device
