#include "engine/reason.h"

#include <c10/util/Exception.h>

#include <new>
#include <string_view>

namespace thaw {

std::string reason(const std::exception& error) {
  const auto* libtorch = dynamic_cast<const c10::Error*>(&error);
  std::string text = libtorch ? libtorch->what_without_backtrace() : error.what();
  text = text.substr(0, text.find('\n'));
  while (!text.empty() && (text.back() == '.' || text.back() == ' ')) text.pop_back();
  return text.empty() ? "no reason is given" : text;
}

bool host_memory_is_full(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error)) return true;
  return std::string_view(error.what()).find("DefaultCPUAllocator: ") != std::string_view::npos;
}

}  // namespace thaw
