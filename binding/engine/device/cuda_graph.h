// CUDA graphs behind the interface of device/graph.h.
#pragma once

#include <ATen/cuda/CUDAGraph.h>

#include <memory>
#include <optional>

#include "engine/device/graph.h"
#include "engine/torch.h"

namespace thaw::device {

using GraphMemory = decltype(at::cuda::graph_pool_handle());

// `memory`: shared by graphs that are replayed one after the other in one stream.
// `generator`: what the work draws random numbers from; its seed when run() is called counts.
std::unique_ptr<Graph> make_cuda_graph(GraphMemory memory, std::optional<at::Generator> generator);

}  // namespace thaw::device
