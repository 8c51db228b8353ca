// TorchScript source of the forwards of a network's modules, in inference mode.
#pragma once

#include <string>
#include <vector>

#include "engine/model/network.h"

namespace thaw::script {

std::string convolution(const model::Convolution& convolution);
std::string batch_norm(const model::BatchNorm& norm);
std::string dense();

// Submodules "0" .. "count - 1", one after the other.
std::string sequence(size_t count);

// A residual block over its conv1, bn1, ... and, where it has one, downsample.
std::string block(const model::Block& block);

// The head's layers, and the whole network.
std::string head(const std::vector<model::HeadModule>& head);
std::string network(const std::vector<model::HeadModule>& head);

// False for no head and for torchvision's, whose only module is `fc` beside the stages.
bool has_own_module(const std::vector<model::HeadModule>& head);

// The last part of a module's dotted name: "head.2" -> "2".
std::string own_name(const std::string& name);

}  // namespace thaw::script
