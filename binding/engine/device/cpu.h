#pragma once

#include <memory>

#include "engine/device/backend.h"

namespace thaw::device {

std::shared_ptr<const Backend> make_cpu_backend();

}  // namespace thaw::device
