// What a run did to the files of one folder, call by call: what faults.cc writes down and disk.h
// reads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace prove {

enum class Op : int32_t {
  kOpen,      // path, handle; flags in `a`
  kRead,      // handle
  kWrite,     // handle, offset in `a`, data
  kSync,      // handle, of a file or a folder
  kTruncate,  // handle, size in `a`
  kAllocate,  // handle, size at least in `a`
  kRename,    // path -> other
  kUnlink,    // path
  kMakeFolder,
  kRemoveFolder,
  kLink,    // path -> other
  kMap,     // handle
  kMemory,  // of a tensor, at least Plan::smallest bytes
  kThread,
  kNone,  // nothing yet
};

inline const char* name_of(Op op) {
  constexpr const char* kNames[] = {"open",     "read",   "write",  "fsync",  "truncate",
                                    "allocate", "rename", "unlink", "mkdir",  "rmdir",
                                    "link",     "mmap",   "memory", "thread", "nothing"};
  return kNames[static_cast<int>(op)];
}

struct Record {
  Op op = Op::kNone;
  int64_t handle = 0;  // of an opening; counted from 1
  int64_t a = 0;
  std::string path, other, data;
};

// The calls of a trace in order. An end in the middle of a record is its end: the writer was
// killed.
std::vector<Record> read_trace(const std::string& file);

}  // namespace prove
