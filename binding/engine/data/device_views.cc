#include "engine/data/device_views.h"

#include <algorithm>
#include <numeric>

#include "engine/data/taps.h"
#include "engine/device/send.h"

namespace thaw::data {

namespace {

// A weight of 22 bits is the sum of a high and a low part of 11: their products with a pixel add up
// to less than 2^24 over 32 taps, and so stay whole in float32 whatever the order.
constexpr int kLowBits = kWeightBits / 2;

// Padded pixels of the images that are resized at a time: bounds the memory.
constexpr int64_t kGroupPixels = 16 << 20;

// How one view is made of the region of its image that it depends on.
struct Plan {
  Plan(const at::Tensor& image, const View& view)
      : across(triangle_taps(view.part.width, view.scaled.width, view.crop.left, view.crop.width)),
        down(triangle_taps(view.part.height, view.scaled.height, view.crop.top, view.crop.height)) {
    region = image.narrow(0, view.part.top + down.begin(), down.end() - down.begin())
                 .narrow(1, view.part.left + across.begin(), across.end() - across.begin());
    rebase(across);
    rebase(down);
    if (view.mirrored) reverse(across);
  }

  // Counted from the region's edge.
  static void rebase(Taps& taps) {
    const int32_t begin = taps.first.front();
    for (int32_t& first : taps.first) first -= begin;
  }

  // The outputs in the opposite order: mirroring costs nothing.
  static void reverse(Taps& taps) {
    const auto outputs = static_cast<int64_t>(taps.first.size());
    for (int64_t a = 0, b = outputs - 1; a < b; ++a, --b) {
      std::swap(taps.first[a], taps.first[b]);
      std::swap_ranges(taps.weights.begin() + a * taps.width,
                       taps.weights.begin() + (a + 1) * taps.width,
                       taps.weights.begin() + b * taps.width);
    }
  }

  at::Tensor region;  // uint8 [height, width, 3]
  Taps across, down;
};

// [n, 2 * outputs, length]: rows of high parts, then of low parts, that weight `length` inputs.
at::Tensor weights_of(const std::vector<Plan>& plans, Taps Plan::* axis, int64_t length,
                      at::Device device) {
  const auto n = static_cast<int64_t>(plans.size());
  const auto outputs = static_cast<int64_t>((plans[0].*axis).first.size());
  int64_t width = 0;
  for (const Plan& plan : plans) width = std::max(width, (plan.*axis).width);
  at::Tensor inputs = at::zeros({n, 1, outputs, width}, at::kLong);
  at::Tensor weights = at::zeros({n, 1, outputs, width}, at::kInt);
  auto* input = inputs.mutable_data_ptr<int64_t>();
  auto* weight = weights.mutable_data_ptr<int32_t>();
  for (const Plan& plan : plans) {
    const Taps& taps = plan.*axis;
    for (int64_t i = 0; i < outputs; ++i, input += width, weight += width) {
      std::iota(input, input + taps.width, int64_t{taps.first[i]});
      std::copy_n(taps.of(i), taps.width, weight);
    }
  }
  weights = device::send(weights, device);
  weights =
      at::cat({weights.bitwise_right_shift(kLowBits), weights.bitwise_and((1 << kLowBits) - 1)}, 1)
          .to(at::kFloat);
  // Taps that were added to fill up have the weight 0, wherever they point.
  return at::zeros({n, 2, outputs, length}, weights.options())
      .scatter_add_(3, device::send(inputs, device).expand_as(weights), weights)
      .flatten(1, 2);
}

// Along the second of [n, length, rest]: pixels as floats -> int32 [n, outputs, rest], in 0..255.
at::Tensor filter(const at::Tensor& weights, const at::Tensor& pixels) {
  const at::Tensor sums = at::bmm(weights, pixels).to(at::kInt).unflatten(1, {2, -1});
  return sums.select(1, 0)
      .mul(1 << kLowBits)
      .add(sums.select(1, 1))
      .add(kHalf)
      .bitwise_right_shift(kWeightBits);
}

// First across, then down, with 8 bits in between, as resample() does: int32 [n, H, W, 3].
at::Tensor resampled(const std::vector<Plan>& plans) {
  const auto n = static_cast<int64_t>(plans.size());
  int64_t height = 0, width = 0;
  for (const Plan& plan : plans) {
    height = std::max(height, plan.region.size(0));
    width = std::max(width, plan.region.size(1));
  }
  at::Tensor pixels = at::zeros({n, height, width, 3}, plans[0].region.options());
  for (int64_t i = 0; i < n; ++i) {
    const at::Tensor& region = plans[i].region;
    pixels[i].narrow(0, 0, region.size(0)).narrow(1, 0, region.size(1)).copy_(region);
  }
  const at::Device device = pixels.device();
  const auto lines = [](const at::Tensor& image) {  // [n, a, b, 3] -> [n, b, a * 3]
    return image.transpose(1, 2).to(at::kFloat).flatten(2, 3);
  };
  const at::Tensor narrow =
      filter(weights_of(plans, &Plan::across, width, device), lines(pixels)).unflatten(2, {-1, 3});
  return filter(weights_of(plans, &Plan::down, height, device), lines(narrow))
      .unflatten(2, {-1, 3});
}

// A value for each view, to go with [n, height, width, 3].
template <typename T>
at::Tensor each(const std::vector<T>& values, const at::Tensor& like) {
  return device::send(at::tensor(values), like.device()).view({-1, 1, 1, 1});
}

// int32 [n, height, width, 3], changed as apply_jitter does.
at::Tensor jittered(at::Tensor rgb, const std::vector<View>& views) {
  const auto pixels = static_cast<double>(rgb.size(1) * rgb.size(2));
  for (size_t turn = 0; turn < views[0].jitter->order.size(); ++turn) {
    std::vector<int64_t> changes;
    std::vector<float> factors;
    for (const View& view : views) {
      const auto change = static_cast<size_t>(view.jitter->order[turn]);
      changes.push_back(static_cast<int64_t>(change));
      factors.push_back(view.jitter->factors[change]);
    }
    const at::Tensor change = each(changes, rgb);
    const auto is = [&](ColourChange which) { return change.eq(static_cast<int64_t>(which)); };
    const at::Tensor luma = (rgb.narrow(3, 0, 1) * 19595 + rgb.narrow(3, 1, 1) * 38470 +
                             rgb.narrow(3, 2, 1) * 7471 + 0x8000)
                                .bitwise_right_shift(16);
    const at::Tensor mean =
        (luma.sum({1, 2, 3}, /*keepdim=*/true).to(at::kDouble) / pixels + 0.5).to(at::kInt);
    const at::Tensor base =
        at::where(is(ColourChange::kSaturation), luma,
                  at::where(is(ColourChange::kContrast), mean, at::zeros_like(mean)));
    // Two operators, and so two roundings, as in blend().
    const at::Tensor moved = each(factors, rgb) * (rgb - base).to(at::kFloat);
    rgb = (base.to(at::kFloat) + moved).clamp(0, 255).to(at::kInt);
  }
  return rgb;
}

}  // namespace

at::Tensor make_views(const std::vector<at::Tensor>& images, const std::vector<View>& views) {
  const auto n = static_cast<int64_t>(images.size());
  const auto& crop = views.at(0).crop;
  at::Tensor result = at::empty({n, crop.height, crop.width, 3}, images[0].options());
  for (int64_t begin = 0, end; begin < n; begin = end) {
    std::vector<Plan> plans;
    int64_t height = 0, width = 0;
    for (end = begin; end < n; ++end) {
      Plan plan(images[end], views[end]);
      height = std::max(height, plan.region.size(0));
      width = std::max(width, plan.region.size(1));
      if (end > begin && (end + 1 - begin) * height * width > kGroupPixels) break;
      plans.push_back(std::move(plan));
    }
    at::Tensor group = resampled(plans);
    if (views[begin].jitter) {
      group = jittered(std::move(group), {views.begin() + begin, views.begin() + end});
    }
    result.narrow(0, begin, end - begin).copy_(group);
  }
  return result;
}

}  // namespace thaw::data
