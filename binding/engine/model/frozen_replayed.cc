#include "engine/model/frozen_replayed.h"

#include <map>
#include <vector>

namespace thaw::model {
namespace {

// Each keeps its input and its features in memory.
constexpr size_t kRecordings = 4;

struct Recording {
  std::unique_ptr<device::Graph> graph;
  at::Tensor images, features;  // where the recorded kernels read and write
};

class ReplayedFrozenPart final : public FrozenPart {
 public:
  ReplayedFrozenPart(std::unique_ptr<FrozenPart> part,
                     std::shared_ptr<const device::Backend> backend)
      : part_(std::move(part)), backend_(std::move(backend)) {}

  at::Tensor forward(const at::Tensor& images) const override {
    Recording* recording = find(images);
    if (!recording || !recording->graph->records()) return part_->forward(images);
    at::NoGradGuard no_grad;
    if (!recording->images.defined()) recording->images = at::empty_like(images);
    recording->images.copy_(images);
    recording->graph->run([&] { recording->features = part_->forward(recording->images); });
    // The next replay writes over them.
    return recording->features.clone();
  }

 private:
  Recording* find(const at::Tensor& images) const {
    const std::vector<int64_t> shape = images.sizes().vec();
    const auto found = recordings_.find(shape);
    if (found != recordings_.end()) return &found->second;
    if (recordings_.size() == kRecordings) return nullptr;
    return &recordings_.emplace(shape, Recording{backend_->make_graph(), {}, {}}).first->second;
  }

  std::unique_ptr<FrozenPart> part_;
  std::shared_ptr<const device::Backend> backend_;
  mutable std::map<std::vector<int64_t>, Recording> recordings_;
};

}  // namespace

std::unique_ptr<FrozenPart> make_replayed_frozen_part(
    std::unique_ptr<FrozenPart> part, std::shared_ptr<const device::Backend> backend) {
  return std::make_unique<ReplayedFrozenPart>(std::move(part), std::move(backend));
}

}  // namespace thaw::model
