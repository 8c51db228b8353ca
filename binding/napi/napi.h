// The one place that includes Node-API's C++ wrapper.
#pragma once

#include <napi.h>
