// SHA-1: what tells contents apart that are too long to be kept. Not against people who forge them.
#pragma once

#include <string>
#include <vector>

#include "engine/torch.h"

namespace thaw {

// 40 hexadecimal digits.
std::string digest(const std::string& text);
std::string digest(const void* bytes, size_t size);

// Of many bytes as few, at the speed of memory: a network's weights would take SHA-1 half a second.
// No two contents that differ in one place have the same.
std::string fast_digest(const void* bytes, size_t size);

// Of the values of each, in order; names, shapes and types are for the caller to tell apart.
// Several threads read them.
std::vector<std::string> digests(const std::vector<at::Tensor>& tensors);

}  // namespace thaw
