// CUDA graphs behind the interface of device/graph.h.
#pragma once

#include <c10/core/Allocator.h>

#include <memory>
#include <optional>

#include "engine/device/graph.h"
#include "engine/torch.h"

namespace thaw::device {

// `pool`: memory shared by graphs that are replayed one after the other in one stream.
// `generator`: what the work draws random numbers from; its seed when run() is called counts.
std::unique_ptr<Graph> make_cuda_graph(c10::MempoolId_t pool,
                                       std::optional<at::Generator> generator);

}  // namespace thaw::device
