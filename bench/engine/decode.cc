// Reads, decodes, resizes and crops photographs with the engine's loader and nothing else.
//
// decode LIST THREADS PASSES [PIXELS]: LIST has a path a line; PIXELS receives uint8 [images, 224, 224, 3] of the
// first pass, which is not measured. Prints one JSON object.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

#include "engine/data/loader.h"
#include "engine/error.h"

namespace {

using namespace thaw::data;

std::shared_ptr<const Dataset> listed(const std::string& file) {
  auto dataset = std::make_shared<Dataset>();
  std::ifstream list(file);
  for (std::string path; std::getline(list, path);) dataset->paths.push_back(path);
  return dataset;
}

// Whether every image was there; writes the pixels where a stream is given.
bool pass(Loader& loader, int64_t epoch, int64_t images, std::ostream* out) {
  loader.start_epoch(epoch);
  int64_t seen = 0;
  while (std::optional<Batch> batch = loader.next()) {
    seen += batch->images.size(0);
    if (out) {
      out->write(static_cast<const char*>(batch->images.const_data_ptr()),
                 static_cast<std::streamsize>(batch->images.nbytes()));
    }
  }
  return seen == images;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: decode LIST THREADS PASSES [PIXELS]\n";
    return 2;
  }
  try {
    const std::shared_ptr<const Dataset> dataset = listed(argv[1]);
    LoaderOptions options;
    options.threads = std::atoi(argv[2]);
    const int passes = std::atoi(argv[3]);
    Loader loader(dataset, options);
    std::ofstream pixels;
    if (argc > 4) pixels.open(argv[4], std::ios::binary);
    bool complete = pass(loader, 0, dataset->size(), argc > 4 ? &pixels : nullptr);
    const auto start = std::chrono::steady_clock::now();
    for (int i = 1; i <= passes; ++i) complete = pass(loader, i, dataset->size(), nullptr) && complete;
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    if (!complete) {
      std::cerr << "Some images could not be read.\n";
      return 1;
    }
    std::printf("{\"imagesPerSecond\":%.3f}\n", passes * dataset->size() / seconds.count());
  } catch (const thaw::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
