// The loader: what it refuses, order, determinism, unreadable images, buffers and abandoned epochs.
#include <sys/stat.h>

#include <algorithm>
#include <set>
#include <thread>

#include "check.h"
#include "drawn.h"
#include "engine/data/loader.h"

using namespace thaw::data;

namespace {

const drawn::Folder folder;

LoaderOptions small(int64_t batch_size) {
  LoaderOptions options;
  options.batch_size = batch_size;
  options.preprocessing.height = options.preprocessing.width = 16;
  options.preprocessing.resize = 20;
  options.threads = 3;
  return options;
}

// Images that differ in size and content; labels are 100 + index.
std::shared_ptr<Dataset> in_memory(int64_t n) {
  auto dataset = std::make_shared<Dataset>();
  for (int64_t i = 0; i < n; ++i) {
    dataset->encoded.push_back(drawn::bmp(drawn::busy(20 + i % 7, 25 + i % 5)));
    dataset->labels.push_back(100 + i);
  }
  return dataset;
}

struct Epoch {
  std::vector<int64_t> samples;
  std::vector<int64_t> sizes;
  std::vector<at::Tensor> images;
};

Epoch drain(Loader& loader) {
  Epoch epoch;
  while (std::optional<Batch> batch = loader.next()) {
    epoch.samples.insert(epoch.samples.end(), batch->samples.begin(), batch->samples.end());
    const int64_t n = batch->images.size(0);
    epoch.sizes.push_back(n);
    for (int64_t i = 0; i < n; ++i) {
      epoch.images.push_back(batch->images[i].clone());
    }
  }
  return epoch;
}

Epoch run(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options, int64_t epoch = 0) {
  Loader loader(std::move(dataset), options);
  loader.start_epoch(epoch);
  return drain(loader);
}

std::string message_of_next(Loader& loader) {
  try {
    while (loader.next()) {
    }
  } catch (const thaw::Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST("data sets and options that make no sense are refused") {
  const auto with = [](auto change) {
    auto dataset = in_memory(3);
    LoaderOptions options = small(2);
    change(*dataset, options);
    Loader loader(dataset, options);
  };
  CHECK_THROWS(Loader(nullptr, small(2)), "ERR_INVALID_ARGUMENT");
  CHECK_THROWS(Loader(std::make_shared<Dataset>(), small(2)), "ERR_INVALID_ARGUMENT");
  CHECK_THROWS(with([](Dataset& d, auto&) { d.paths = {"a", "b", "c"}; }), "ERR_INVALID_ARGUMENT");
  CHECK_THROWS(with([](Dataset& d, auto&) { d.labels.pop_back(); }), "ERR_INVALID_ARGUMENT");
  CHECK_THROWS(with([](auto&, LoaderOptions& o) { o.batch_size = 0; }), "ERR_INVALID_ARGUMENT");
  CHECK_THROWS(with([](auto&, LoaderOptions& o) { o.preprocessing.width = 0; }),
               "ERR_INVALID_ARGUMENT");
  CHECK_THROWS(with([](auto&, LoaderOptions& o) { o.threads = -1; }), "ERR_INVALID_ARGUMENT");
  auto pixels = std::make_shared<Dataset>();
  pixels->pixels = at::zeros({2, 3, 4, 4}, at::kByte);
  CHECK_THROWS(Loader(pixels, small(2)), "ERR_INVALID_ARGUMENT");
  pixels->pixels = at::zeros({2, 4, 4, 3}, at::kDouble);
  CHECK_THROWS(Loader(pixels, small(2)), "ERR_INVALID_ARGUMENT");
  Loader loader(in_memory(3), small(2));
  CHECK_THROWS(loader.start_epoch(0, -1), "ERR_INVALID_ARGUMENT");
  CHECK_THROWS(loader.start_epoch(0, 3), "ERR_INVALID_ARGUMENT");
}

TEST("missing and damaged images are left out, named once, and not tried again") {
  auto dataset = std::make_shared<Dataset>();
  for (int i = 0; i < 20; ++i) {
    dataset->paths.push_back(
        folder.write("ok" + std::to_string(i), drawn::bmp(drawn::busy(20, 20 + i))));
    dataset->labels.push_back(i);
  }
  dataset->paths[2] = folder.file("missing");
  dataset->paths[5] = folder.write("damaged", {1, 2, 3});
  LoaderOptions options = small(4);
  Loader loader(dataset, options);
  loader.start_epoch(0);
  const Epoch epoch = drain(loader);
  CHECK((epoch.sizes == std::vector<int64_t>{3, 3, 4, 4, 4}));
  std::vector<int64_t> expected = epoch_order(20, false, 0, 0);
  std::erase(expected, 2);
  std::erase(expected, 5);
  CHECK(epoch.samples == expected);
  const Preprocessing& preprocessing = options.preprocessing;
  CHECK(at::equal(epoch.images[2], resize_and_crop(drawn::busy(20, 23), preprocessing)));
  CHECK(at::equal(epoch.images[4], resize_and_crop(drawn::busy(20, 26), preprocessing)));
  const std::vector<UnreadableImage> unreadable = loader.unreadable();
  CHECK_EQUAL(unreadable.size(), size_t{2});
  CHECK_EQUAL(unreadable[0].sample, 2);
  CHECK_EQUAL(unreadable[0].name, dataset->paths[2]);
  CHECK_EQUAL(unreadable[0].code, "ERR_IMAGE_READ");
  CHECK_EQUAL(unreadable[0].reason,
              "Cannot read " + dataset->paths[2] + ": No such file or directory.");
  CHECK_EQUAL(unreadable[1].code, "ERR_IMAGE_DECODE");
  // Even if it is there by now: an epoch should not differ from the one before.
  folder.write("missing", drawn::bmp(drawn::busy(20, 20)));
  loader.start_epoch(1);
  CHECK(drain(loader).samples == expected);
  CHECK_EQUAL(loader.unreadable().size(), size_t{2});
}

TEST("folders, pipes and empty files are unreadable, and nothing waits for them") {
  auto dataset = std::make_shared<Dataset>();
  std::filesystem::create_directories(folder.file("folder"));
  CHECK_EQUAL(::mkfifo(folder.file("pipe").c_str(), 0600), 0);
  dataset->paths = {folder.file("folder"), folder.file("pipe"), folder.write("empty", {})};
  Loader loader(dataset, small(2));
  loader.start_epoch(0);
  CHECK((drain(loader).sizes == std::vector<int64_t>{0, 0}));
  CHECK_EQUAL(loader.unreadable()[0].code, "ERR_IMAGE_READ");
  CHECK_EQUAL(loader.unreadable()[1].code, "ERR_IMAGE_READ");
  CHECK_EQUAL(loader.unreadable()[2].code, "ERR_IMAGE_DECODE");
  // All known by now: the batches are still there, empty.
  loader.start_epoch(1);
  CHECK((drain(loader).sizes == std::vector<int64_t>{0, 0}));
}

TEST("too many unreadable images end the epoch with a sentence that names the first") {
  auto dataset = in_memory(20);
  for (int i : {3, 8, 15}) dataset->encoded[i] = {0};
  for (int threads : {1, 4}) {
    LoaderOptions options = small(2);
    options.threads = threads;
    options.limit = std::make_shared<UnreadableLimit>(0.1, 20);
    Loader loader(dataset, options);
    loader.start_epoch(0);
    CHECK(message_of_next(loader).starts_with(
        "3 of 20 images are unreadable, more than the share of 0.1 that is allowed; the first: "
        "Cannot decode image 3: its first bytes are not those of an image ("));
    CHECK(!loader.next());
    loader.start_epoch(1);
    CHECK_THROWS(loader.next(), "ERR_TOO_MANY_BAD_IMAGES");
  }
}

TEST("data sets of one run have one limit: the run ends with the image that exceeds it") {
  auto training = in_memory(15), validation = in_memory(5);
  for (auto& set : {training, validation}) set->encoded[2] = set->encoded[3] = {0};
  const auto batches_until_refused = [&](double share) {
    LoaderOptions options = small(1);
    options.limit = std::make_shared<UnreadableLimit>(share, 20);
    Loader first(training, options), second(validation, options);
    int64_t batches = 0;
    try {
      for (Loader* loader : {&first, &second}) {
        loader->start_epoch(0);
        while (loader->next()) ++batches;
      }
    } catch (const thaw::Error& error) {
      CHECK_EQUAL(error.code(), "ERR_TOO_MANY_BAD_IMAGES");
    }
    return batches;
  };
  CHECK_EQUAL(batches_until_refused(0.2), 20);   // 4 of 20
  CHECK_EQUAL(batches_until_refused(0.19), 18);  // the second of validation
  CHECK_EQUAL(batches_until_refused(0.14), 17);  // 3 of 20, though 2 of 5 are more
  CHECK_EQUAL(batches_until_refused(0.05), 3);
  CHECK_EQUAL(batches_until_refused(0), 2);
}

TEST("fewer than ten images have no share, unless none may be unreadable") {
  const auto run = [](int64_t images, double share) {
    auto dataset = in_memory(images);
    for (int i : {0, 1, 2}) dataset->encoded[i] = {0};
    LoaderOptions options = small(4);
    options.limit = std::make_shared<UnreadableLimit>(share, images);
    Loader loader(dataset, options);
    loader.start_epoch(0);
    drain(loader);
    return loader.unreadable().size();
  };
  CHECK_EQUAL(run(9, 0.1), size_t{3});
  CHECK_THROWS(run(10, 0.1), "ERR_TOO_MANY_BAD_IMAGES");
  CHECK_THROWS(run(9, 0), "ERR_TOO_MANY_BAD_IMAGES");
}

TEST("a data set of which no image can be read is refused, whatever share is allowed") {
  auto dataset = in_memory(4);
  for (auto& image : dataset->encoded) image = {0};
  LoaderOptions options = small(2);
  options.limit = std::make_shared<UnreadableLimit>(1, 100);
  Loader loader(dataset, options);
  loader.start_epoch(0);
  CHECK(loader.next()->samples.empty());
  CHECK_THROWS(loader.next(), "ERR_DATA_EMPTY");
  loader.start_epoch(1);
  CHECK_THROWS(loader.next(), "ERR_DATA_EMPTY");
}

TEST("files that are written to, or go, after they were read are told of") {
  auto dataset = std::make_shared<Dataset>();
  for (int i = 0; i < 4; ++i)
    dataset->paths.push_back(
        folder.write("stamped" + std::to_string(i), drawn::bmp(drawn::busy(20, 20))));
  Loader loader(dataset, small(2));
  CHECK(loader.changed().empty());
  loader.start_epoch(0);
  drain(loader);
  CHECK(loader.changed().empty());
  folder.write("stamped1", drawn::bmp(drawn::busy(20, 21)));
  std::filesystem::last_write_time(
      dataset->paths[2], std::filesystem::file_time_type::clock::now() + std::chrono::seconds(5));
  std::filesystem::remove(dataset->paths[3]);
  const std::vector<ChangedImage> changed = loader.changed();
  CHECK_EQUAL(changed.size(), size_t{3});
  CHECK_EQUAL(changed[0].name, dataset->paths[1]);
  CHECK_EQUAL(changed[1].name, dataset->paths[2]);
  CHECK_EQUAL(changed[2].reason, "it is no longer there");
  // What has become unreadable meanwhile is in that list.
  loader.start_epoch(1);
  drain(loader);
  CHECK_EQUAL(loader.unreadable().size(), size_t{1});
  CHECK_EQUAL(loader.changed().size(), size_t{2});
}

TEST("without leaving out, the first unreadable image throws its own error") {
  auto dataset = in_memory(10);
  dataset->encoded[4] = {0};
  dataset->encoded[7] = {};
  LoaderOptions options = small(3);
  options.drop_unreadable = false;
  Loader loader(dataset, options);
  loader.start_epoch(0);
  CHECK(loader.next().has_value());
  CHECK_THROWS(loader.next(), "ERR_IMAGE_DECODE");
  CHECK(!loader.next());
}

TEST("batches come in order, with their labels, the last one smaller") {
  const auto dataset = in_memory(23);
  const Epoch epoch = run(dataset, small(5));
  CHECK((epoch.sizes == std::vector<int64_t>{5, 5, 5, 5, 3}));
  CHECK(epoch.samples == epoch_order(23, false, 0, 0));
  const at::Tensor labels = dataset->targets(epoch.samples);
  for (size_t i = 0; i < 23; ++i)
    CHECK_EQUAL(labels[static_cast<int64_t>(i)].item<int64_t>(), 100 + epoch.samples[i]);
}

TEST("a batch may be larger than the data set, and labels may be absent") {
  auto dataset = in_memory(3);
  dataset->labels.clear();
  Loader loader(dataset, small(100));
  CHECK_EQUAL(loader.batches_per_epoch(), 1);
  CHECK(!loader.next());  // no epoch begun
  loader.start_epoch(0);
  const std::optional<Batch> batch = loader.next();
  CHECK(batch->images.size(0) == 3);
  CHECK(!loader.next());
}

TEST("threads and batches change neither order nor pixels") {
  LoaderOptions options = small(4);
  options.shuffle = true;
  options.seed = 11;
  options.augmentation = Augmentation::kStandard;
  options.threads = 1;
  const auto dataset = in_memory(30);
  const Epoch reference = run(dataset, options, 5);
  CHECK(reference.samples == epoch_order(30, true, 11, 5));
  for (int threads : {2, 7}) {
    for (int64_t batch_size : {1, 7, 30}) {
      options.threads = threads;
      options.batch_size = batch_size;
      options.prefetch_batches = threads;
      const Epoch epoch = run(dataset, options, 5);
      CHECK(epoch.samples == reference.samples);
      for (size_t i = 0; i < 30; ++i) CHECK(at::equal(epoch.images[i], reference.images[i]));
    }
  }
  CHECK(run(dataset, options, 6).samples != reference.samples);
}

TEST("a first batch skips those before it") {
  LoaderOptions options = small(4);
  options.shuffle = true;
  const auto dataset = in_memory(22);
  const Epoch whole = run(dataset, options, 2);
  Loader loader(dataset, options);
  loader.start_epoch(2, 3);
  const Epoch rest = drain(loader);
  CHECK((rest.samples == std::vector<int64_t>(whole.samples.begin() + 12, whole.samples.end())));
  CHECK(at::equal(rest.images[0], whole.images[12]));
  loader.start_epoch(2, 6);
  CHECK(!loader.next());
}

TEST("buffers are reused, however many epochs") {
  int allocated = 0;
  std::set<const void*> seen;
  LoaderOptions options = small(2);
  options.prefetch_batches = 2;
  options.allocate = [&](at::IntArrayRef sizes, at::ScalarType dtype) {
    allocated += dtype == at::kByte;
    return at::empty(sizes, dtype);
  };
  Loader loader(in_memory(20), options);
  for (int64_t epoch = 0; epoch < 20; ++epoch) {
    loader.start_epoch(epoch);
    while (std::optional<Batch> batch = loader.next()) seen.insert(batch->images.const_data_ptr());
  }
  CHECK_EQUAL(allocated, 3);
  CHECK(seen.size() <= 3);
}

TEST("batches that are kept are not overwritten, and outlive the loader") {
  const auto dataset = in_memory(20);
  const Epoch expected = run(dataset, small(2));
  std::vector<Batch> kept;
  {
    LoaderOptions options = small(2);
    options.prefetch_batches = 1;
    Loader loader(dataset, options);
    loader.start_epoch(0);
    while (std::optional<Batch> batch = loader.next()) kept.push_back(std::move(*batch));
  }
  CHECK_EQUAL(kept.size(), size_t{10});
  for (size_t i = 0; i < kept.size(); ++i) {
    CHECK(at::equal(kept[i].images[0], expected.images[2 * i]));
    CHECK(at::equal(kept[i].images[1], expected.images[2 * i + 1]));
  }
}

TEST("an epoch may be abandoned, and a loader destroyed, at any time") {
  const auto dataset = in_memory(40);
  LoaderOptions options = small(3);
  options.shuffle = true;
  for (int64_t taken = 0; taken < 12; ++taken) {
    Loader loader(dataset, options);
    if (taken % 4 == 3) continue;
    loader.start_epoch(1);
    for (int64_t i = 0; i < taken; ++i) loader.next();
    loader.start_epoch(2);
    std::optional<Batch> held = loader.next();
    loader.start_epoch(3);
    CHECK(drain(loader).samples == epoch_order(40, true, 0, 3));
    loader.start_epoch(4);
    loader.next();
  }
}

TEST("float pixels are batched as they are, bytes like files") {
  auto dataset = std::make_shared<Dataset>();
  dataset->pixels = at::rand({5, 9, 8, 3});
  LoaderOptions options = small(2);
  options.augmentation = Augmentation::kStandard;
  Epoch epoch = run(dataset, options);
  for (int64_t i = 0; i < 5; ++i) CHECK(at::equal(epoch.images[i], dataset->pixels[i]));
  const at::Tensor image = drawn::busy(30, 40);
  dataset->pixels = at::stack({image, image.flip({0})});
  epoch = run(dataset, options, 4);
  const DrawKey key{options.seed, 4, 1};
  CHECK(at::equal(epoch.images[1],
                  augment(image.flip({0}), options.preprocessing, options.augmentation, key)));
}

TEST("what an allocator throws reaches the caller") {
  LoaderOptions options = small(2);
  options.allocate = [](at::IntArrayRef, at::ScalarType) -> at::Tensor {
    throw thaw::Error("ERR_OUT_OF_MEMORY", "No memory.");
  };
  CHECK_THROWS(Loader(in_memory(3), options), "ERR_OUT_OF_MEMORY");
}

TEST("memory that runs out in a thread before its first image reaches the caller") {
  // Copied by the thread that reads, into its reader.
  struct Watcher {
    std::thread::id home = std::this_thread::get_id();
    Watcher() = default;
    Watcher(const Watcher& other) : home(other.home) {
      if (std::this_thread::get_id() != home) throw std::bad_alloc();
    }
    void operator()(int64_t, std::span<const uint8_t>) const {}
  };
  LoaderOptions options = small(2);
  options.seen = Watcher();
  Loader loader(in_memory(8), options);
  loader.start_epoch(0);
  bool thrown = false;
  try {
    drain(loader);
  } catch (const std::bad_alloc&) {
    thrown = true;
  }
  CHECK(thrown);
}

TEST("waiting is counted") {
  Loader loader(in_memory(8), small(2));
  CHECK_EQUAL(loader.seconds_waited(), 0);
  loader.start_epoch(0);
  drain(loader);
  CHECK(loader.seconds_waited() >= 0 && loader.seconds_waited() < 60);
}

TEST_MAIN()
