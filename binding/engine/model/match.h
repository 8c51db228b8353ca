// Which network the tensors of a file belong to, told by their names and shapes.
#pragma once

#include <map>
#include <string>

#include "engine/model/models.h"
#include "engine/weights/network_prefix.h"

namespace thaw::model {

using TensorShapes = std::map<std::string, Shape>;

// The architecture, in its variant, with whose backbone the tensors agree best: what little is
// missing, unexpected or of another shape is for Network::load to name. Where more than a tenth is,
// that of the name `wanted`. Throws ERR_WEIGHTS_MISMATCH where no name is wanted then, or the
// tensors are another network's. `origin` is what messages call the source.
const Architecture& match_architecture(const TensorShapes& tensors, const std::string& origin,
                                       const std::string& wanted = "");

// By which a network is found in a file that holds more than it.
const weights::NetworkNames& network_names();

}  // namespace thaw::model
