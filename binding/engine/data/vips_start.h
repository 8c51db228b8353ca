// Starts libvips once a process, as this package wants it. Included only where THAW_VIPS is
// defined.
#pragma once

namespace thaw::data {

// Safe from any thread; throws ERR_IMAGE_LIBRARY if libvips does not start.
void start_vips();

}  // namespace thaw::data
