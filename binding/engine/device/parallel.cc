#include "engine/device/parallel.h"

#include <ATen/TensorIterator.h>

#include "engine/torch.h"

namespace thaw::device {

// at::parallel_for is a template: here it would be compiled with an OpenMP of ours, beside the one
// in libtorch whose threads already wait for work, or with none. TensorIterator's loop is compiled
// into libtorch.
void parallel_ranges(int64_t count, c10::function_ref<void(int64_t begin, int64_t end)> body) {
  const at::Tensor places = at::empty({count}, at::kChar);  // only their addresses are used
  const char* const first = static_cast<const char*>(places.const_data_ptr());
  at::TensorIterator iterator = at::TensorIteratorConfig().add_const_input(places).build();
  iterator.for_each(
      [&](char** data, const int64_t*, int64_t size) {
        const int64_t begin = data[0] - first;
        body(begin, begin + size);
      },
      /*grain_size=*/1);
}

}  // namespace thaw::device
