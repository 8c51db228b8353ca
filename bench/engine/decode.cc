// Reads, decodes, resizes and crops photographs with the engine's loader and nothing else.
//
// decode LIST THREADS PASSES [PIXELS]: LIST has a path a line; PIXELS receives uint8 [images, 224,
// 224, 3] of the first pass, which is not measured. Prints one JSON object.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>

#include "engine/data/loader.h"

namespace {

using namespace thaw::data;

// Where no file is open, writing does nothing.
void pass(Loader& loader, int64_t epoch, int64_t images, std::ofstream& pixels) {
  loader.start_epoch(epoch);
  int64_t seen = 0;
  while (std::optional<Batch> batch = loader.next()) {
    seen += batch->images.size(0);
    pixels.write(static_cast<const char*>(batch->images.const_data_ptr()),
                 static_cast<std::streamsize>(batch->images.nbytes()));
  }
  if (seen != images) throw std::runtime_error("Some images could not be read.");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  auto dataset = std::make_shared<Dataset>();
  std::ifstream list(argv[1]);
  for (std::string path; std::getline(list, path);) dataset->paths.push_back(path);
  LoaderOptions options;
  options.threads = std::atoi(argv[2]);
  const int passes = std::atoi(argv[3]);
  Loader loader(dataset, options);
  std::ofstream pixels;
  if (argc > 4) pixels.open(argv[4], std::ios::binary);
  pass(loader, 0, dataset->size(), pixels);
  pixels.close();
  const auto start = std::chrono::steady_clock::now();
  for (int i = 1; i <= passes; ++i) pass(loader, i, dataset->size(), pixels);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("{\"imagesPerSecond\":%.3f}\n", passes * dataset->size() / seconds.count());
}
