#pragma once

namespace thaw::model {

// channel_kernels.cu
extern const char* const kChannelKernels;

}  // namespace thaw::model
