// CUDA graphs behind the interface of device/graph.h.
#pragma once

#include <ATen/cuda/CUDAGraph.h>

#include <memory>
#include <optional>

#include "engine/device/graph.h"
#include "engine/torch.h"

namespace thaw::device {

// Memory shared by graphs that are replayed one after the other in one stream. The allocator takes
// a handle back when the last of its graphs is gone: another set of graphs needs another one.
using GraphMemory = decltype(at::cuda::graph_pool_handle());

// `generator`: what the work draws random numbers from; its seed when run() is called counts.
std::unique_ptr<Graph> make_cuda_graph(std::shared_ptr<const GraphMemory> memory,
                                       std::optional<at::Generator> generator);

}  // namespace thaw::device
