#include "faults.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>

// Not interposed: calls that a C library makes of its own (fopen's open), and copy_file_range,
// sendfile and io_uring, which neither the engine nor Node's file system uses here. A test counts
// the calls of a known program.

extern "C" {
void* __libc_memalign(size_t, size_t);
}

namespace prove {
namespace {

struct Handle {
  int64_t number;
  bool append;
};

// Never destroyed: what is interposed is called until the very end of a process.
struct State {
  std::recursive_mutex mutex;
  std::string folder;
  Plan plan;
  int trace = -1;
  int64_t handles = 0;
  std::map<int, Handle> open;
};

State& state() {
  static auto* state = new State();
  return *state;
}

std::atomic<bool> watching = false;
std::atomic<int64_t> calls = 0, memory = 0, threads = 0;
thread_local int within = 0;

// Held in whatever is watched: calls are counted and written down in one order.
class Entered {
 public:
  Entered() : lock_(state().mutex) { ++within; }
  ~Entered() { --within; }

 private:
  std::lock_guard<std::recursive_mutex> lock_;
};

template <typename F>
F* next(const char* name) {
  return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}

[[noreturn]] void die() {
  for (;;) syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
}

bool watched(const char* path) {
  const std::string& folder = state().folder;
  return watching && path && std::strncmp(path, folder.c_str(), folder.size()) == 0 &&
         (path[folder.size()] == '/' || path[folder.size()] == 0);
}

const Handle* watched(int descriptor) {
  if (!watching) return nullptr;
  const auto found = state().open.find(descriptor);
  return found == state().open.end() ? nullptr : &found->second;
}

void append(const void* bytes, size_t size) {
  const auto* from = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t written = syscall(SYS_write, state().trace, from, size);
    if (written <= 0) die();  // a trace with a hole proves nothing
    from += written;
    size -= static_cast<size_t>(written);
  }
}

void note(const Record& record) {
  if (state().trace < 0) return;
  const int64_t head[6] = {static_cast<int64_t>(record.op),
                           record.handle,
                           record.a,
                           static_cast<int64_t>(record.path.size()),
                           static_cast<int64_t>(record.other.size()),
                           static_cast<int64_t>(record.data.size())};
  std::string all(reinterpret_cast<const char*>(head), sizeof head);
  all += record.path + record.other + record.data;
  append(all.data(), all.size());
}

void strike(Op op) {
  if (state().plan.struck) *state().plan.struck = op;
}

// EINTR is what only these may answer, and half is what only reading and writing can do.
bool can_fail(Op op, int error) {
  const bool moves = op == Op::kRead || op == Op::kWrite;
  if (error == 0) return moves;
  if (error == EINTR) return moves || op == Op::kOpen || op == Op::kSync || op == Op::kAllocate;
  return true;
}

// One call, counted: `real(half)` makes it, with all that it moves or half of it. One that fails is
// written down as nothing, so that a trace has a record a call.
template <typename Real>
int64_t call(Op op, const Real& real) {
  const int64_t number = calls++;
  const Plan& plan = state().plan;
  if (number == plan.kill_at) {
    if (plan.torn && op == Op::kWrite) real(true);
    die();
  }
  const bool fails = number == plan.fail_at && can_fail(op, plan.error);
  if (fails) strike(op);
  int64_t result = -1;
  if (fails && plan.error != 0) {
    errno = plan.error;
  } else {
    result = real(fails);
  }
  if (result == -1) {
    const int error = errno;
    note({});
    errno = error;
  }
  return result;
}

// A call for paths, written down where it was made.
template <typename Real>
int on_path(Op op, const char* path, const char* other, const Real& real) {
  const Entered entered;
  if (!watched(path) && !watched(other)) return real();
  const int64_t result = call(op, [&](bool) -> int64_t { return real(); });
  if (result != -1) note({.op = op, .path = path, .other = other ? other : "", .data = {}});
  return static_cast<int>(result);
}

// A call for an open file that moves nothing.
template <typename Real>
int64_t on_file(Op op, int descriptor, int64_t a, const Real& real) {
  const Entered entered;
  const Handle* handle = watched(descriptor);
  if (!handle) return real();
  const int64_t result = call(op, [&](bool) -> int64_t { return real(); });
  if (result != -1)
    note({.op = op, .handle = handle->number, .a = a, .path = {}, .other = {}, .data = {}});
  return result;
}

template <typename Real>
int opening(const char* path, int flags, const Real& real) {
  const Entered entered;
  if (!watched(path)) return real();
  const auto result = static_cast<int>(call(Op::kOpen, [&](bool) -> int64_t { return real(); }));
  if (result < 0) return result;
  const Handle handle{++state().handles, (flags & O_APPEND) != 0};
  state().open[result] = handle;
  note({.op = Op::kOpen,
        .handle = handle.number,
        .a = flags,
        .path = path,
        .other = {},
        .data = {}});
  return result;
}

template <typename Real>
ssize_t reading(int descriptor, size_t size, const Real& real) {
  const Entered entered;
  const Handle* handle = watched(descriptor);
  if (!handle) return real(size);
  const ssize_t result =
      call(Op::kRead, [&](bool half) -> int64_t { return real(half ? (size + 1) / 2 : size); });
  if (result != -1)
    note({.op = Op::kRead, .handle = handle->number, .path = {}, .other = {}, .data = {}});
  return result;
}

// `offset` < 0: where the file stands.
template <typename Real>
ssize_t writing(int descriptor, const iovec* parts, int count, off_t offset, const Real& real) {
  const Entered entered;
  const Handle* handle = watched(descriptor);
  if (!handle) return real(parts, count);
  std::string bytes;
  for (int i = 0; i < count; ++i)
    bytes.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
  if (offset < 0) offset = lseek(descriptor, 0, handle->append ? SEEK_END : SEEK_CUR);
  const ssize_t written = call(Op::kWrite, [&](bool half) -> int64_t {
    const iovec whole{bytes.data(), half ? bytes.size() / 2 : bytes.size()};
    return real(&whole, 1);
  });
  if (written != -1) {
    bytes.resize(static_cast<size_t>(written));
    note({.op = Op::kWrite,
          .handle = handle->number,
          .a = offset,
          .path = {},
          .other = {},
          .data = std::move(bytes)});
  }
  return written;
}

// True: this allocation fails. Those of this layer do not count.
bool no_memory(size_t size, void* caller) {
  if (!watching || within || static_cast<int64_t>(size) < state().plan.smallest) return false;
  static const auto* const tensors =
      static_cast<const char*>(dlsym(RTLD_DEFAULT, "_ZN3c109alloc_cpuEm"));  // c10::alloc_cpu
  const ptrdiff_t into = static_cast<const char*>(caller) - tensors;
  if (!tensors || into < 0 || into >= 1024) return false;
  if (memory++ != state().plan.memory_at) return false;
  strike(Op::kMemory);
  errno = ENOMEM;
  return true;
}

const char* text(const char* name) {
  const char* found = std::getenv(name);
  return found ? found : "";
}

int64_t number(const char* name, int64_t otherwise) {
  const char* found = text(name);
  return *found ? std::atoll(found) : otherwise;
}

__attribute__((constructor)) void from_environment() {
  if (!*text("THAW_FAULTS_FOLDER")) return;
  set_plan({.folder = text("THAW_FAULTS_FOLDER"),
            .trace = text("THAW_FAULTS_TRACE"),
            .kill_at = number("THAW_FAULTS_KILL_AT", -1),
            .torn = number("THAW_FAULTS_TORN", 0) != 0,
            .fail_at = number("THAW_FAULTS_FAIL_AT", -1),
            .error = static_cast<int>(number("THAW_FAULTS_ERROR", EIO)),
            .memory_at = number("THAW_FAULTS_MEMORY_AT", -1),
            .smallest = number("THAW_FAULTS_SMALLEST", 1 << 10),
            .thread_at = number("THAW_FAULTS_THREAD_AT", -1)});
}

}  // namespace

void set_plan(const Plan& plan) {
  State& now = state();
  const Entered entered;
  watching = false;
  if (now.trace >= 0) syscall(SYS_close, now.trace);
  now.plan = plan;
  now.folder = plan.folder;
  now.open.clear();
  now.handles = 0;
  now.trace = -1;
  calls = memory = threads = 0;
  if (*plan.trace) {
    now.trace = static_cast<int>(
        syscall(SYS_openat, AT_FDCWD, plan.trace, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (now.trace < 0) die();
  }
  watching = !now.folder.empty();
}

Seen seen() { return {calls, memory, threads}; }

}  // namespace prove

using namespace prove;

// The C library's own declarations say noexcept where it is C++; what is defined here has to say
// the same.
extern "C" {

#define THAW_OPEN(name)                                                   \
  int name(const char* path, int flags, ...) {                            \
    va_list rest;                                                         \
    va_start(rest, flags);                                                \
    const mode_t mode = va_arg(rest, mode_t);                             \
    va_end(rest);                                                         \
    static auto* real = next<int(const char*, int, ...)>(#name);          \
    return opening(path, flags, [&] { return real(path, flags, mode); }); \
  }
THAW_OPEN(open)
THAW_OPEN(open64)

#define THAW_OPENAT(name)                                                         \
  int name(int folder, const char* path, int flags, ...) {                        \
    va_list rest;                                                                 \
    va_start(rest, flags);                                                        \
    const mode_t mode = va_arg(rest, mode_t);                                     \
    va_end(rest);                                                                 \
    static auto* real = next<int(int, const char*, int, ...)>(#name);             \
    return opening(path, flags, [&] { return real(folder, path, flags, mode); }); \
  }
THAW_OPENAT(openat)
THAW_OPENAT(openat64)

int close(int descriptor) {
  static auto* real = next<int(int)>("close");
  const Entered entered;
  state().open.erase(descriptor);
  return real(descriptor);
}

ssize_t read(int descriptor, void* to, size_t size) {
  static auto* real = next<ssize_t(int, void*, size_t)>("read");
  return reading(descriptor, size, [&](size_t n) { return real(descriptor, to, n); });
}

#define THAW_PREAD(name, offset_type)                                                        \
  ssize_t name(int descriptor, void* to, size_t size, offset_type at) {                      \
    static auto* real = next<ssize_t(int, void*, size_t, offset_type)>(#name);               \
    return reading(descriptor, size, [&](size_t n) { return real(descriptor, to, n, at); }); \
  }
THAW_PREAD(pread, off_t)
THAW_PREAD(pread64, off64_t)

ssize_t write(int descriptor, const void* from, size_t size) {
  static auto* real = next<ssize_t(int, const void*, size_t)>("write");
  const iovec whole{const_cast<void*>(from), size};
  return writing(descriptor, &whole, 1, -1, [&](const iovec* parts, int) {
    return real(descriptor, parts->iov_base, parts->iov_len);
  });
}

#define THAW_PWRITE(name, offset_type)                                               \
  ssize_t name(int descriptor, const void* from, size_t size, offset_type at) {      \
    static auto* real = next<ssize_t(int, const void*, size_t, offset_type)>(#name); \
    const iovec whole{const_cast<void*>(from), size};                                \
    return writing(descriptor, &whole, 1, at, [&](const iovec* parts, int) {         \
      return real(descriptor, parts->iov_base, parts->iov_len, at);                  \
    });                                                                              \
  }
THAW_PWRITE(pwrite, off_t)
THAW_PWRITE(pwrite64, off64_t)

ssize_t writev(int descriptor, const iovec* parts, int count) {
  static auto* real = next<ssize_t(int, const iovec*, int)>("writev");
  return writing(descriptor, parts, count, -1,
                 [&](const iovec* p, int n) { return real(descriptor, p, n); });
}

#define THAW_PWRITEV(name, offset_type)                                                \
  ssize_t name(int descriptor, const iovec* parts, int count, offset_type at) {        \
    static auto* real = next<ssize_t(int, const iovec*, int, offset_type)>(#name);     \
    return writing(descriptor, parts, count, at,                                       \
                   [&](const iovec* p, int n) { return real(descriptor, p, n, at); }); \
  }
THAW_PWRITEV(pwritev, off_t)
THAW_PWRITEV(pwritev64, off64_t)

#define THAW_SYNC(name)                                                                           \
  int name(int descriptor) {                                                                      \
    static auto* real = next<int(int)>(#name);                                                    \
    return static_cast<int>(on_file(Op::kSync, descriptor, 0, [&] { return real(descriptor); })); \
  }
THAW_SYNC(fsync)
THAW_SYNC(fdatasync)

#define THAW_TRUNCATE(name, offset_type)                                                   \
  int name(int descriptor, offset_type size) noexcept {                                    \
    static auto* real = next<int(int, offset_type)>(#name);                                \
    return static_cast<int>(                                                               \
        on_file(Op::kTruncate, descriptor, size, [&] { return real(descriptor, size); })); \
  }
THAW_TRUNCATE(ftruncate, off_t)
THAW_TRUNCATE(ftruncate64, off64_t)

#define THAW_FALLOCATE(name, offset_type)                                               \
  int name(int descriptor, int mode, offset_type at, offset_type size) {                \
    static auto* real = next<int(int, int, offset_type, offset_type)>(#name);           \
    return static_cast<int>(on_file(Op::kAllocate, descriptor, at + size,               \
                                    [&] { return real(descriptor, mode, at, size); })); \
  }
THAW_FALLOCATE(fallocate, off_t)
THAW_FALLOCATE(fallocate64, off64_t)

// Answers with the error, not by errno.
#define THAW_POSIX_FALLOCATE(name, offset_type)                                             \
  int name(int descriptor, offset_type at, offset_type size) {                              \
    static auto* real = next<int(int, offset_type, offset_type)>(#name);                    \
    const int64_t result = on_file(Op::kAllocate, descriptor, at + size, [&]() -> int64_t { \
      errno = real(descriptor, at, size);                                                   \
      return errno == 0 ? 0 : -1;                                                           \
    });                                                                                     \
    return result == -1 ? errno : 0;                                                        \
  }
THAW_POSIX_FALLOCATE(posix_fallocate, off_t)
THAW_POSIX_FALLOCATE(posix_fallocate64, off64_t)

#define THAW_MMAP(name, offset_type)                                                       \
  void* name(void* at, size_t size, int access, int flags, int descriptor,                 \
             offset_type offset) noexcept {                                                \
    static auto* real = next<void*(void*, size_t, int, int, int, offset_type)>(#name);     \
    return reinterpret_cast<void*>(on_file(Op::kMap, descriptor, 0, [&] {                  \
      return reinterpret_cast<int64_t>(real(at, size, access, flags, descriptor, offset)); \
    }));                                                                                   \
  }
THAW_MMAP(mmap, off_t)
THAW_MMAP(mmap64, off64_t)

int rename(const char* from, const char* to) noexcept {
  static auto* real = next<int(const char*, const char*)>("rename");
  return on_path(Op::kRename, from, to, [&] { return real(from, to); });
}

int link(const char* from, const char* to) noexcept {
  static auto* real = next<int(const char*, const char*)>("link");
  return on_path(Op::kLink, from, to, [&] { return real(from, to); });
}

#define THAW_ON_PATH(name, op)                                     \
  int name(const char* path) noexcept {                            \
    static auto* real = next<int(const char*)>(#name);             \
    return on_path(op, path, nullptr, [&] { return real(path); }); \
  }
THAW_ON_PATH(unlink, Op::kUnlink)
THAW_ON_PATH(remove, Op::kUnlink)
THAW_ON_PATH(rmdir, Op::kRemoveFolder)

int mkdir(const char* path, mode_t mode) noexcept {
  static auto* real = next<int(const char*, mode_t)>("mkdir");
  return on_path(Op::kMakeFolder, path, nullptr, [&] { return real(path, mode); });
}

// libtorch takes a tensor's memory from here (c10). All other allocations are left alone: oneDNN
// does not look at what it gets for its descriptors.
int posix_memalign(void** to, size_t alignment, size_t size) noexcept {
  if (no_memory(size, __builtin_return_address(0))) return ENOMEM;
  *to = __libc_memalign(alignment, size);
  return *to ? 0 : ENOMEM;
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                   void* argument) noexcept {
  static auto* real =
      next<int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)>("pthread_create");
  if (watching && threads++ == state().plan.thread_at) {
    strike(Op::kThread);
    return EAGAIN;
  }
  return real(thread, attributes, start, argument);
}

}  // extern "C"
