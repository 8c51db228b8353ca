// The one exception type of the engine: a sentence for people and a stable code for programs.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace thaw {

class Error : public std::runtime_error {
 public:
  Error(std::string code, const std::string& message)
      : std::runtime_error(message), code_(std::move(code)) {}

  // Stable across versions, `ERR_` + upper-case words; docs/api.md lists them.
  const std::string& code() const noexcept { return code_; }

 private:
  std::string code_;
};

// Throws an Error whose message is the concatenation of `parts`.
template <typename... Parts>
[[noreturn]] void fail(const char* code, const Parts&... parts) {
  std::ostringstream message;
  (message << ... << parts);
  throw Error(code, message.str());
}

}  // namespace thaw
