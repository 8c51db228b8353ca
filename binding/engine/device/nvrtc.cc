#include "engine/device/nvrtc.h"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "engine/device/library.h"

namespace thaw::device {

namespace {

// The library's interface, as its documentation gives it ("NVRTC", CUDA toolkit documentation, 3).
using Status = int;
constexpr Status kSuccess = 0;
using Program = void*;  // nvrtcProgram

struct Api {
  Status (*nvrtcVersion)(int* major, int* minor);
  const char* (*nvrtcGetErrorString)(Status);
  Status (*nvrtcCreateProgram)(Program*, const char* source, const char* name, int headers,
                               const char* const* contents, const char* const* names);
  Status (*nvrtcDestroyProgram)(Program*);
  Status (*nvrtcCompileProgram)(Program, int options, const char* const*);
  Status (*nvrtcGetCUBINSize)(Program, size_t*);
  Status (*nvrtcGetCUBIN)(Program, char*);
  Status (*nvrtcGetProgramLogSize)(Program, size_t*);
  Status (*nvrtcGetProgramLog)(Program, char*);
};

bool open(const std::string& library, Api& api, std::string& reason) {
  return load_library(library,
                      {THAW_WANTED(api, nvrtcVersion), THAW_WANTED(api, nvrtcGetErrorString),
                       THAW_WANTED(api, nvrtcCreateProgram), THAW_WANTED(api, nvrtcDestroyProgram),
                       THAW_WANTED(api, nvrtcCompileProgram), THAW_WANTED(api, nvrtcGetCUBINSize),
                       THAW_WANTED(api, nvrtcGetCUBIN), THAW_WANTED(api, nvrtcGetProgramLogSize),
                       THAW_WANTED(api, nvrtcGetProgramLog)},
                      reason);
}

// NVRTC opens a second library by its name. In a wheel that lies beside it, where the loader does
// not look unless it is loaded already.
void open_builtins(const Api& api) {
  int major = 0, minor = 0;
  Dl_info found;
  if (api.nvrtcVersion(&major, &minor) != kSuccess ||
      !dladdr(reinterpret_cast<void*>(api.nvrtcVersion), &found))
    return;
  const std::filesystem::path beside = std::filesystem::path(found.dli_fname).parent_path();
  const std::string name =
      "libnvrtc-builtins.so." + std::to_string(major) + "." + std::to_string(minor);
  (void)dlopen((beside / name).c_str(), RTLD_NOW | RTLD_LOCAL);
}

class Compilation {
 public:
  Compilation(const Api& api, const char* source) : api_(api) {
    if (!succeeds(api_.nvrtcCreateProgram(&program_, source, "kernels.cu", 0, nullptr, nullptr)))
      program_ = nullptr;
  }
  ~Compilation() {
    if (program_) api_.nvrtcDestroyProgram(&program_);
  }
  Compilation(const Compilation&) = delete;
  Compilation& operator=(const Compilation&) = delete;

  std::optional<std::string> machine_code(const std::vector<std::string>& options) {
    std::vector<const char*> each;
    for (const std::string& option : options) each.push_back(option.c_str());
    size_t size = 0;
    if (!program_ ||
        !succeeds(api_.nvrtcCompileProgram(program_, static_cast<int>(each.size()), each.data())) ||
        !succeeds(api_.nvrtcGetCUBINSize(program_, &size)))
      return std::nullopt;
    std::string code(size, '\0');
    if (!succeeds(api_.nvrtcGetCUBIN(program_, code.data()))) return std::nullopt;
    return code;
  }

  // Of the last failure: the compiler's first line, if it has any.
  std::string reason() const {
    size_t size = 0;
    if (program_ && api_.nvrtcGetProgramLogSize(program_, &size) == kSuccess && size > 1) {
      std::string log(size, '\0');
      if (api_.nvrtcGetProgramLog(program_, log.data()) == kSuccess)
        return log.substr(0, log.find_first_of(std::string_view("\n\0", 2)));
    }
    return std::string("NVRTC says ") + api_.nvrtcGetErrorString(status_);
  }

 private:
  bool succeeds(Status status) {
    status_ = status;
    return status == kSuccess;
  }

  const Api& api_;
  Program program_ = nullptr;
  Status status_ = kSuccess;
};

}  // namespace

std::vector<std::string> nvrtc_libraries(int cuda_major) {
  const char* named = std::getenv("THAW_NVRTC");
  if (named && std::string(named) == "none") return {};
  if (named && *named) return {named};
  // libtorch's library of stubs depends on its own NVRTC, wherever and under which name that lies.
  const std::string file = "libnvrtc.so." + std::to_string(cuda_major);
  return {"libcaffe2_nvrtc.so", file, "/usr/local/cuda/lib64/" + file};
}

std::optional<std::string> compile_kernels(const std::vector<std::string>& libraries,
                                           const char* source, const std::string& architecture,
                                           const std::vector<std::string>& definitions,
                                           std::string& reason) {
  reason = "THAW_NVRTC is none";
  for (const std::string& library : libraries) {
    Api api;
    if (!open(library, api, reason)) continue;
    open_builtins(api);
    std::vector<std::string> options = {"--std=c++17", "--gpu-architecture=" + architecture};
    for (const std::string& definition : definitions) options.push_back("-D" + definition);
    Compilation compilation(api, source);
    std::optional<std::string> code = compilation.machine_code(options);
    if (!code) reason = compilation.reason();
    return code;
  }
  return std::nullopt;
}

}  // namespace thaw::device
