#include "napi/errors.h"

#include <c10/util/Exception.h>

#include <new>

#include "engine/error.h"
#include "engine/reason.h"

namespace thaw::napi {
namespace {

// Training, evaluation and prediction, where a smaller batch would help, say so themselves.
constexpr const char* kMemoryFull =
    "Memory is full: free some of it, or raise its limit, and try again.";

}  // namespace

Failure describe(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const Error& error) {
    return {error.code(), error.what()};
  } catch (const c10::OutOfMemoryError& error) {
    // Outside of fit(), evaluate() and predict(), which say what would fit.
    return {"ERR_OUT_OF_MEMORY", "The GPU's memory is full: " + reason(error) + "."};
  } catch (const c10::Error& error) {
    if (host_memory_is_full(error)) return {"ERR_OUT_OF_MEMORY", kMemoryFull};
    return {"ERR_LIBTORCH", "libtorch refuses: " + reason(error) + "."};
  } catch (const std::bad_alloc&) {
    return {"ERR_OUT_OF_MEMORY", kMemoryFull};
  } catch (const std::exception& error) {
    return {"ERR_INTERNAL",
            "The engine failed in a way that it does not know: " + reason(error) + "."};
  } catch (...) {
    return {"ERR_INTERNAL", "The engine threw something that is no exception."};
  }
}

Napi::Error to_error(Napi::Env env, const Failure& failure) {
  Napi::Error error = Napi::Error::New(env, failure.message);
  error.Set("code", Napi::String::New(env, failure.code));
  return error;
}

}  // namespace thaw::napi
