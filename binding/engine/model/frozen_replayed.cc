#include "engine/model/frozen_replayed.h"

#include <algorithm>
#include <list>
#include <utility>
#include <vector>

#include "engine/model/fill_up.h"

namespace thaw::model {
namespace {

// Each keeps its input and its features in memory.
constexpr size_t kRecordings = 4;

using Kind = std::pair<std::vector<int64_t>, int64_t>;  // shape when filled up, usual batch

struct Recording {
  Kind kind;
  std::unique_ptr<device::Graph> graph;
  at::Tensor images, features;  // where the recorded kernels read and write
};

class ReplayedFrozenPart final : public FrozenPart {
 public:
  ReplayedFrozenPart(std::unique_ptr<FrozenPart> part,
                     std::shared_ptr<const device::Backend> backend)
      : part_(std::move(part)), backend_(std::move(backend)) {}

  at::Tensor forward(const at::Tensor& images, int64_t batch) const override {
    Recording* const recording = find(images, batch);
    if (!recording || !recording->graph->records()) return part_->forward(images, batch);
    at::NoGradGuard no_grad;
    if (!recording->images.defined())
      recording->images = filled_up(images, recording->kind.first.front());
    // A batch that is not full leaves images of another one behind its own; nobody asks for theirs.
    const int64_t n = images.size(0);
    recording->images.narrow(0, 0, n).copy_(images);
    recording->graph->run([&] { recording->features = part_->forward(recording->images, batch); });
    // The next replay writes over them.
    return recording->features.narrow(0, 0, n).clone();
  }

 private:
  // Null for a new kind when there are enough. None gives way to another: to destroy a recording
  // frees memory of cuBLAS that other recordings of the stream still use (pytorch/pytorch#193402).
  Recording* find(const at::Tensor& images, int64_t batch) const {
    Kind kind{images.sizes().vec(), batch};
    kind.first.front() = std::max(images.size(0), batch);
    for (Recording& each : recordings_) {
      if (each.kind == kind) return &each;
    }
    if (recordings_.size() == kRecordings) return nullptr;
    recordings_.push_back({std::move(kind), backend_->make_graph(), {}, {}});
    return &recordings_.back();
  }

  std::unique_ptr<FrozenPart> part_;
  std::shared_ptr<const device::Backend> backend_;
  mutable std::list<Recording> recordings_;
};

}  // namespace

std::unique_ptr<FrozenPart> make_replayed_frozen_part(
    std::unique_ptr<FrozenPart> part, std::shared_ptr<const device::Backend> backend) {
  return std::make_unique<ReplayedFrozenPart>(std::move(part), std::move(backend));
}

}  // namespace thaw::model
