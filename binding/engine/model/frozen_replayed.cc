#include "engine/model/frozen_replayed.h"

#include <algorithm>
#include <list>
#include <utility>
#include <vector>

namespace thaw::model {
namespace {

// Each keeps its input and its features in memory.
constexpr size_t kRecordings = 4;

using Kind = std::pair<std::vector<int64_t>, int64_t>;  // shape, usual batch

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
    Recording& recording = find({images.sizes().vec(), batch});
    if (!recording.graph->records()) return part_->forward(images, batch);
    at::NoGradGuard no_grad;
    if (!recording.images.defined()) recording.images = at::empty_like(images);
    recording.images.copy_(images);
    recording.graph->run([&] { recording.features = part_->forward(recording.images, batch); });
    // The next replay writes over them.
    return recording.features.clone();
  }

 private:
  // The one used last comes first; the one that has not been used for longest gives way.
  Recording& find(Kind kind) const {
    const auto found = std::find_if(recordings_.begin(), recordings_.end(),
                                    [&](const Recording& each) { return each.kind == kind; });
    if (found != recordings_.end()) {
      recordings_.splice(recordings_.begin(), recordings_, found);
      return recordings_.front();
    }
    if (recordings_.size() == kRecordings) recordings_.pop_back();
    recordings_.push_front({std::move(kind), backend_->make_graph(), {}, {}});
    return recordings_.front();
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
