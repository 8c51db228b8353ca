#include <sys/resource.h>
#include <unistd.h>

#include <csignal>

#include "check.h"
#include "engine/files/atomic_file.h"
#include "weights_files.h"

using files::Folder;
using thaw::AtomicFile;

namespace {

bool exists(const std::string& path) {
  return std::filesystem::exists(std::filesystem::symlink_status(path));
}

std::string message_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const thaw::Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST("a folder that is not there is an I/O error that names the file") {
  Folder folder;
  const std::string path = folder.file("missing/file");
  CHECK_THROWS(AtomicFile{path}, "ERR_IO");
  CHECK(message_of([&] { AtomicFile file(path); }).find(path) != std::string::npos);
}

TEST("a target that is a folder stays, and the part goes") {
  Folder folder;
  const std::string path = folder.file("target");
  std::filesystem::create_directories(path + "/inside");
  CHECK_THROWS(thaw::write_file_atomically(path, "new"), "ERR_IO");
  CHECK(exists(path + "/inside"));
  CHECK(!exists(path + ".part"));
}

TEST("a full disk has a code of its own, and the old file stays") {
  // Every write to this device fails with ENOSPC.
  if (::access("/dev/full", W_OK) != 0) return;
  Folder folder;
  const std::string path = folder.file("weights");
  files::put(path, "old");
  std::filesystem::create_symlink("/dev/full", path + ".part");
  CHECK_THROWS(thaw::write_file_atomically(path, "new"), "ERR_DISK_FULL");
  CHECK_EQUAL(files::get(path), "old");
  CHECK(!exists(path + ".part"));
  std::filesystem::create_symlink("/dev/full", path + ".part");
  const std::string message = message_of([&] { thaw::write_file_atomically(path, "new"); });
  CHECK(message.find(path) != std::string::npos);
  CHECK(message.find("0 bytes") != std::string::npos);
}

TEST("a write that fails half-way leaves the old file and no part") {
  Folder folder;
  const std::string path = folder.file("weights");
  files::put(path, "old");
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before = {};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small = {4096, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  CHECK_THROWS(thaw::write_file_atomically(path, std::string(100'000, 'x')), "ERR_IO");
  ::setrlimit(RLIMIT_FSIZE, &before);
  CHECK_EQUAL(files::get(path), "old");
  CHECK(!exists(path + ".part"));
}

TEST("without a commit nothing appears") {
  Folder folder;
  const std::string path = folder.file("weights");
  files::put(path, "old");
  {
    AtomicFile file(path);
    file.write("new", 3);
    CHECK(exists(path + ".part"));
    CHECK_EQUAL(files::get(path), "old");
  }
  CHECK_EQUAL(files::get(path), "old");
  CHECK(!exists(path + ".part"));
}

TEST("a commit replaces the file and takes over a part that a crash left") {
  Folder folder;
  const std::string path = folder.file("weights");
  files::put(path, "an old and longer file");
  files::put(path + ".part", "left over from a crash, longer than what follows");
  AtomicFile file(path);
  file.write("ne", 2);
  file.write("", 0);
  file.write("w", 1);
  CHECK_EQUAL(file.bytes_written(), 3u);
  file.commit();
  CHECK_EQUAL(files::get(path), "new");
  CHECK(!exists(path + ".part"));
}

TEST("a name without a folder is in the working folder") {
  Folder folder;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  thaw::write_file_atomically("plain", "new");
  CHECK_EQUAL(files::get("plain"), "new");
  std::filesystem::current_path(before);
}

TEST_MAIN()
