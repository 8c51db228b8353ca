#include "engine/data/thumbnail.h"

#include "engine/data/encode.h"
#include "engine/data/sample.h"

namespace thaw::data {

std::vector<uint8_t> thumbnail(const std::string& path, int64_t side) {
  Dataset dataset;
  dataset.paths = {path};
  Preprocessing preprocessing;
  preprocessing.height = preprocessing.width = preprocessing.resize = side;
  std::vector<uint8_t> rgb(static_cast<size_t>(side * side * 3));
  SampleReader reader(dataset, preprocessing, Augmentation::kNone, {});
  reader.read({0, 0, 0}, rgb.data());
  return encode_jpeg(rgb, side, side);
}

}  // namespace thaw::data
