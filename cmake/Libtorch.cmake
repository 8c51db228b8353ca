# Defines the target `libtorch`. libtorch's own find_package(Torch) demands a complete CUDA toolkit
# for its CUDA build; the headers and the libraries beside it are all that is needed here.
if(NOT EXISTS "${LIBTORCH}/include/ATen/ATen.h" OR NOT EXISTS "${LIBTORCH}/lib/libtorch_cpu.so")
  message(FATAL_ERROR "LIBTORCH='${LIBTORCH}' holds no libtorch: run `npm run setup`, or set LIBTORCH "
                      "to a folder with include/ATen/ATen.h and lib/libtorch_cpu.so.")
endif()
if(THAW_CUDA AND NOT EXISTS "${LIBTORCH}/lib/libtorch_cuda.so")
  message(FATAL_ERROR "LIBTORCH='${LIBTORCH}' is a CPU build: there is no lib/libtorch_cuda.so in it.")
endif()

find_package(Threads REQUIRED)
add_library(libtorch INTERFACE)
target_include_directories(libtorch SYSTEM INTERFACE "${LIBTORCH}/include"
                                                     "${LIBTORCH}/include/torch/csrc/api/include")
target_link_directories(libtorch INTERFACE "${LIBTORCH}/lib")
target_link_libraries(libtorch INTERFACE torch_cpu c10 Threads::Threads)
target_compile_definitions(libtorch INTERFACE _GLIBCXX_USE_CXX11_ABI=1)

if(THAW_CUDA)
  # The CUDA headers: those of the wheels beside torch, or a toolkit's.
  find_path(CUDA_RUNTIME_INCLUDE cuda_runtime_api.h
    HINTS "${LIBTORCH}/../nvidia/cu13/include" "${LIBTORCH}/../nvidia/cuda_runtime/include"
          "$ENV{CUDA_HOME}/include" /usr/local/cuda/include REQUIRED)
  # cusparse.h, cublas_v2.h ... may lie in the toolkit only: search there as well.
  foreach(dir "${LIBTORCH}/../nvidia/cu13/include" "$ENV{CUDA_HOME}/include" /usr/local/cuda/include)
    if(EXISTS "${dir}")
      target_include_directories(libtorch SYSTEM INTERFACE "${dir}")
    endif()
  endforeach()
  target_include_directories(libtorch SYSTEM INTERFACE "${CUDA_RUNTIME_INCLUDE}")
  find_library(CUDA_RUNTIME_LIBRARY NAMES cudart libcudart.so.13 libcudart.so.12
    HINTS "${LIBTORCH}/../nvidia/cu13/lib" "${LIBTORCH}/../nvidia/cuda_runtime/lib" "${LIBTORCH}/lib"
          "$ENV{CUDA_HOME}/lib64" /usr/local/cuda/lib64 REQUIRED)
  # --no-as-needed: nothing here refers to libtorch_cuda by name, but its kernels register on load.
  target_link_libraries(libtorch INTERFACE -Wl,--no-as-needed torch_cuda c10_cuda -Wl,--as-needed
                                           "${CUDA_RUNTIME_LIBRARY}")
  # The nvidia-* wheels' libraries are found through libtorch's own RUNPATH when it is loaded.
  target_link_options(libtorch INTERFACE -Wl,--allow-shlib-undefined)
  target_compile_definitions(libtorch INTERFACE THAW_CUDA=1 USE_CUDA=1)
endif()
