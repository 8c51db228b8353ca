// A layer under a program's calls for the files of one folder: counts them, writes them down, lets
// one of them fail or ends the process in it. Preloaded (LD_PRELOAD) it is told by its environment;
// linked, by set_plan().
#pragma once

#include <cstdint>

#include "trace.h"

namespace prove {

// Environment: THAW_FAULTS_FOLDER, _KILL_AT, _TORN, _FAIL_AT, _ERROR, _MEMORY_AT, _SMALLEST,
// _THREAD_AT, _TRACE.
struct Plan {
  const char* folder = "";  // an absolute path; empty: nothing is watched
  const char* trace = "";   // the file that records are appended to; empty: none
  int64_t kill_at = -1;     // the number of the call, from 0, in which the process ends (SIGKILL)
  bool torn = false;        // half of what that call writes is written before
  int64_t fail_at = -1;     // the number of the call that fails, once
  int error = 0;            // how (errno); 0: half of it is read or written
  int64_t memory_at = -1;   // the number of the allocation of `smallest` bytes or more that fails
  int64_t smallest = 1 << 10;
  int64_t thread_at = -1;  // the number of the thread that is not started
  Op* struck = nullptr;    // where it is told what failed, such as in shared memory
};

// Counting begins anew.
void set_plan(const Plan& plan);

struct Seen {
  int64_t calls = 0, memory = 0, threads = 0;
};
Seen seen();

}  // namespace prove
