// Views made by tensor operators: every pixel as the loader's threads make it.
#include "engine/data/device_views.h"

#include "check.h"
#include "drawn.h"
#include "gpu.h"

using namespace thaw::data;

namespace {

const Preprocessing kSmall{.height = 24, .width = 20, .resize = 28};

// Photographs of every shape: smaller and larger than the view, long and narrow.
std::vector<at::Tensor> drawn_images() {
  std::vector<at::Tensor> images;
  for (const auto& [height, width] : std::vector<std::pair<int64_t, int64_t>>{
           {28, 28}, {9, 13}, {40, 31}, {200, 24}, {31, 300}, {97, 101}, {420, 333}, {1, 50}}) {
    images.push_back(drawn::busy(height, width));
  }
  return images;
}

// Pixels that differ from those that augment() makes, over several epochs.
int64_t differing(Augmentation augmentation, at::Device device) {
  const std::vector<at::Tensor> images = drawn_images();
  int64_t differing = 0;
  for (uint64_t epoch = 0; epoch < 6; ++epoch) {
    std::vector<at::Tensor> there;
    std::vector<View> views;
    std::vector<at::Tensor> expected;
    for (size_t i = 0; i < images.size(); ++i) {
      const DrawKey key{5, epoch, i};
      const Size size{images[i].size(0), images[i].size(1)};
      there.push_back(images[i].to(device));
      views.push_back(draw_view(size, kSmall, augmentation, key));
      expected.push_back(augment(images[i], kSmall, augmentation, key));
    }
    const at::Tensor made = make_views(there, views);
    CHECK(made.scalar_type() == at::kByte && made.device().type() == device.type());
    differing += made.cpu().ne(at::stack(expected)).sum().item<int64_t>();
  }
  return differing;
}

}  // namespace

TEST("resizing, mirroring and colour jitter by operators change no pixel") {
  for (const Augmentation augmentation :
       {Augmentation::kNone, Augmentation::kFlip, Augmentation::kStandard}) {
    CHECK_EQUAL(differing(augmentation, at::kCPU), 0);
  }
}

TEST("images too large to be resized together are resized in turns") {
  const std::vector<at::Tensor> images(3, drawn::busy(3000, 2400));
  const View view = draw_view({3000, 2400}, Preprocessing{}, Augmentation::kNone, {0, 0, 0});
  const at::Tensor made = make_views(images, {view, view, view});
  CHECK(at::equal(made[2], resize_and_crop(images[2], Preprocessing{})));
  CHECK(at::equal(made[0], made[2]));
}

TEST("on a GPU neither") {
  if (!check::gpu()) return;
  for (const Augmentation augmentation :
       {Augmentation::kNone, Augmentation::kFlip, Augmentation::kStandard}) {
    CHECK_EQUAL(differing(augmentation, at::kCUDA), 0);
  }
}

TEST_MAIN()
