// What is asked of images without a network.
#pragma once

#include "napi/napi.h"

namespace thaw::napi {

// writeImage(path, rgb: Uint8Array, height, width): Promise<void>
Napi::Value write_image(const Napi::CallbackInfo& call);

// thumbnail(path, side): Promise<Uint8Array>
Napi::Value thumbnail(const Napi::CallbackInfo& call);

// imageDigests(dataset, whole): Promise<string[]>, '' for what cannot be read
Napi::Value image_digests(const Napi::CallbackInfo& call);

// examineImages(dataset, options, stop): Promise<{ skipped, samples, ... }>
Napi::Value examine_images(const Napi::CallbackInfo& call);

}  // namespace thaw::napi
