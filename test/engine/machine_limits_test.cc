// What the machine lacks (handles, memory, threads) is said as that, and is no image's fault.
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <ATen/Parallel.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "check.h"
#include "drawn.h"
#include "engine/data/contents.h"
#include "engine/data/loader.h"
#include "engine/device/threads.h"
#include "engine/files/atomic_file.h"
#include "engine/files/regular_file.h"

using namespace thaw;
using namespace thaw::data;

namespace {

const drawn::Folder folder;

// A limit of this process, for as long as this lives.
class Limit {
 public:
  Limit(__rlimit_resource resource, uint64_t value) : resource_(resource) {
    ::getrlimit(resource_, &before_);
    const rlimit limit = {value, before_.rlim_max};
    ::setrlimit(resource_, &limit);
  }
  ~Limit() { ::setrlimit(resource_, &before_); }
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;

 private:
  __rlimit_resource resource_;
  rlimit before_ = {};
};

uint64_t virtual_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmSize:")) return std::stoull(line.substr(7)) << 10;
  }
  return 0;
}

// A file with holes: as long as it says, and nothing on the disk.
std::string sparse(const std::string& name, const std::vector<uint8_t>& head, uint64_t size) {
  const std::string path = folder.write(name, head);
  std::filesystem::resize_file(path, size);
  return path;
}

std::string message_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing thrown";
}

std::shared_ptr<const Dataset> files(const std::vector<std::string>& paths) {
  auto dataset = std::make_shared<Dataset>();
  dataset->paths = paths;
  return dataset;
}

LoaderOptions small(int threads = 1) {
  LoaderOptions options;
  options.preprocessing.height = options.preprocessing.width = options.preprocessing.resize = 16;
  options.threads = threads;
  return options;
}

const std::vector<uint8_t> kJpegStart = {0xff, 0xd8, 0xff, 0xe0};

}  // namespace

TEST("a huge file that is no image is refused by its first bytes, unread") {
  std::vector<uint8_t> bytes;
  const std::string zeros = sparse("zeros.jpg", {}, uint64_t{30} << 30);
  CHECK_THROWS(read_file(zeros, {}, bytes), "ERR_IMAGE_DECODE");
  CHECK(bytes.capacity() <= 4096);
  const std::string starts_well = sparse("huge.jpg", kJpegStart, uint64_t{3} << 30);
  CHECK_THROWS(read_file(starts_well, {}, bytes), "ERR_IMAGE_TOO_LARGE");
  CHECK(bytes.capacity() <= 4096);
  CHECK(message_of([&] { read_file(starts_well, {}, bytes); }).find(starts_well) !=
        std::string::npos);
  // A whole 16-bit photograph of all the pixels that are allowed stays within the bound.
  DecodeOptions options;
  options.max_pixels = 1'000'000;
  read_file(sparse("within.jpg", kJpegStart, 8'000'000), options, bytes);
  CHECK_EQUAL(bytes.size(), 8'000'000u);
  // They are left out of a run, and of what is kept of it.
  const auto dataset =
      files({zeros, starts_well, folder.write("a", drawn::bmp(drawn::busy(9, 9)))});
  Loader loader(dataset, small());
  loader.start_epoch(0);
  CHECK_EQUAL(loader.next()->samples, std::vector<int64_t>{2});
  const std::vector<std::string> digests = image_digests(*dataset, Contents::kWhole);
  CHECK(digests[0] == kUnreadable && digests[1] == kUnreadable && digests[2].size() == 40);
}

TEST("a file that memory is too small for is named") {
  const std::string path = sparse("large.jpg", kJpegStart, uint64_t{1} << 30);
  Loader loader(files({path}), small());
  const Limit limit(RLIMIT_AS, virtual_bytes() + (uint64_t{300} << 20));
  loader.start_epoch(0);
  std::string code, message;
  try {
    loader.next();
  } catch (const Error& error) {
    code = error.code();
    message = error.what();
  }
  CHECK_EQUAL(code, "ERR_OUT_OF_MEMORY");
  CHECK(message.find(path) != std::string::npos);
  CHECK(loader.unreadable().empty());
}

TEST("without file handles no image counts as unreadable") {
  std::vector<std::string> paths;
  for (int i = 0; i < 4; ++i)
    paths.push_back(folder.write("h" + std::to_string(i), drawn::bmp(drawn::busy(9, 9 + i))));
  const auto dataset = files(paths);
  Loader loader(dataset, small());
  {
    const Limit limit(RLIMIT_NOFILE, 0);
    loader.start_epoch(0);
    CHECK_THROWS(loader.next(), "ERR_TOO_MANY_FILES");
    CHECK_THROWS(image_digests(*dataset, Contents::kWhole), "ERR_TOO_MANY_FILES");
    CHECK_THROWS(image_digests(*dataset, Contents::kEnds), "ERR_TOO_MANY_FILES");
    CHECK_THROWS(AtomicFile(folder.file("out")), "ERR_TOO_MANY_FILES");
  }
  CHECK(loader.unreadable().empty());
  loader.start_epoch(0);  // and the loader is of use again
  CHECK_EQUAL(loader.next()->samples.size(), 4u);
}

TEST("what is wrong with a file is told from what is wrong with the machine") {
  const auto seen = [](const std::string& path) -> std::pair<bool, bool> {
    try {
      char byte = 0;
      RegularFile(path).read_at(0, &byte, 1);
    } catch (const FileError& error) {
      return {error.missing(), error.of_machine()};
    }
    return {true, true};
  };
  using Seen = std::pair<bool, bool>;
  CHECK(seen(folder.file("nowhere")) == Seen(true, false));
  CHECK(seen(folder.file("h0/below")) == Seen(true, false));
  CHECK(seen(std::filesystem::temp_directory_path()) == Seen(false, false));
  CHECK(seen("/dev/null") == Seen(false, false));
  CHECK(seen(std::string(5000, 'x')) == Seen(false, false));
  std::filesystem::create_symlink("loop", folder.file("loop"));
  CHECK(seen(folder.file("loop")) == Seen(false, false));
  // The first page of a process is never there: reading it is an error of input and output.
  CHECK(seen("/proc/self/mem") == Seen(false, true));
}

TEST("fewer threads than wanted are enough; none is an error with a code") {
  // Stacks of a gigabyte, and room for some of them.
  pthread_attr_t attributes;
  pthread_getattr_default_np(&attributes);
  size_t usual = 0;
  pthread_attr_getstacksize(&attributes, &usual);
  pthread_attr_setstacksize(&attributes, size_t{1} << 30);
  pthread_setattr_default_np(&attributes);
  const std::string path = folder.write("threads", drawn::bmp(drawn::busy(9, 9)));
  const auto dataset = files({path, path, path, path});
  {
    const Limit limit(RLIMIT_AS, virtual_bytes() + (uint64_t{3} << 29));
    Loader loader(dataset, small(4));  // on one
    loader.start_epoch(0);
    CHECK_EQUAL(loader.next()->samples.size(), 4u);
  }
  {
    const Limit limit(RLIMIT_AS, virtual_bytes() + (uint64_t{1} << 29));
    CHECK_THROWS(Loader(dataset, small(4)), "ERR_NO_THREAD");
  }
  const int threads = at::get_num_threads();
  at::set_num_threads(6);
  {
    const Limit limit(RLIMIT_AS, virtual_bytes() + (uint64_t{5} << 29));
    // OpenMP would end the process here. Of another thread, whose helpers are not there yet.
    double sum = 0;
    int computing = 0;
    std::thread([&] {
      device::start_threads();
      computing = at::get_num_threads();
      sum = at::ones({1 << 20}).sum().item<double>();
    }).join();
    CHECK_EQUAL(sum, 1 << 20);
    CHECK(computing >= 1 && computing < 6);
  }
  at::set_num_threads(threads);
  pthread_attr_setstacksize(&attributes, usual);
  pthread_setattr_default_np(&attributes);
}

TEST_MAIN()
