// A small run of everything, to be changed in one place.
#pragma once

#include <string>
#include <vector>

#include "drawn.h"
#include "engine/train/fit.h"

namespace small_run {

using namespace thaw;
using namespace thaw::train;
using model::Activation, model::HeadKind, model::HeadLayer;

inline constexpr int64_t kSide = 32, kClasses = 3;
inline const drawn::Folder folder;

// Everything that a run is made of.
struct Parts {
  std::vector<HeadLayer> head = {
      {.kind = HeadKind::kGlobalAveragePooling, .name = "pool"},
      {.kind = HeadKind::kDense, .name = "dense", .units = 8, .activation = Activation::kRelu},
      {.kind = HeadKind::kDropout, .name = "dropout", .rate = 0.2},
      {.kind = HeadKind::kBatchNormalization, .name = "norm"},
      {.kind = HeadKind::kDense, .name = "dense_1", .units = kClasses}};
  std::string architecture = "resnet18";
  std::string trained = "layer4.1";
  uint64_t weights = 1;  // seed
  data::Preprocessing preprocessing{.height = kSide, .width = kSide, .resize = kSide};
  TrainingOptions training;
  FitOptions options;
  data::Dataset dataset, validation;
  bool validated = true;
};

inline data::Dataset files(const std::string& prefix, int64_t count, int change = 0) {
  data::Dataset dataset;
  for (int64_t i = 0; i < count; ++i) {
    const at::Tensor image = drawn::busy(20, 30).bitwise_xor(static_cast<int>(i * 11 + change));
    dataset.paths.push_back(folder.write(prefix + std::to_string(i), drawn::bmp(image)));
    dataset.labels.push_back(i % kClasses);
  }
  return dataset;
}

inline Parts usual() {
  Parts parts;
  parts.dataset = files("train", 6);
  parts.validation = files("validation", 3);
  parts.options.epochs = 4;
  parts.options.batch_size = 3;
  return parts;
}

inline Session make_session(const Parts& parts) {
  Session session;
  session.backend = device::make_backend("cpu");
  session.preprocessing = parts.preprocessing;
  session.network =
      std::make_shared<model::Network>(model::find_architecture(parts.architecture),
                                       model::InputShape{kSide, kSide}, parts.head, parts.weights);
  for (size_t i = 0; i < session.network->layers().size(); ++i) {
    const model::Layer& layer = session.network->layers()[i];
    session.network->set_trainable(i, layer.head || layer.torch_name.starts_with(parts.trained));
  }
  return session;
}

}  // namespace small_run
