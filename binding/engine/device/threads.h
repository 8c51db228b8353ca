// How many threads this machine lets us have.
#pragma once

#include <system_error>

#include "engine/error.h"

namespace thaw::device {

// libtorch's OpenMP ends the process where it cannot start its threads, so as many are tried out:
// where fewer can be had, libtorch computes with fewer from then on, after one line that says so.
void try_threads();

// To be called by each thread that is to compute, before all else: OpenMP starts threads for each
// of them. Tries them and has them started, before others take what is left.
void start_threads();

// ERR_NO_THREAD: `error` is what std::thread has thrown.
Error no_thread(const std::system_error& error);

}  // namespace thaw::device
