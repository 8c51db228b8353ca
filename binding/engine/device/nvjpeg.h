// The JPEG decoders in the hardware of data-centre GPUs, through NVIDIA's nvJPEG. The library is
// found when it is wanted: it comes with CUDA's toolkit, not with libtorch. GPUs without such
// hardware decode with their multiprocessors, which have better things to do.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/device/jpeg_decoder.h"

namespace thaw::device {

// A CUDA stream, as far as nvJPEG is concerned with it.
struct DecodingStream {
  at::Device device;
  std::function<void*()> current;          // cudaStream_t of the calling thread
  std::function<void()> wait_for_current;  // until its work is done
};

// Where to look for the library: what THAW_NVJPEG names (`none`: nowhere), else the one of this
// major version of CUDA.
std::vector<std::string> nvjpeg_libraries(int cuda_major);

// Null, and why in `reason`, where no library can be loaded or used.
std::shared_ptr<JpegDecoder> make_nvjpeg_decoder(const std::vector<std::string>& libraries,
                                                 DecodingStream stream, std::string& reason);

}  // namespace thaw::device
