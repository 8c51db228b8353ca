// Activations in channels-last memory, [rows, channels] with rows = N * H * W, on a CUDA device: what
// channel_kernels.h has for the processor. Compiled when a device is there (device/nvrtc.h), once for
// float32 and once, with THAW_BFLOAT16 defined, for bfloat16.
//
// A block is (blockDim.x packs of channels) x (blockDim.y rows), both powers of two, kThreads in all; it
// walks over `rows_each` rows. A pack is what one load brings: 16 bytes. All arithmetic is in float32, sums
// of blocks are merged in float64 and in order, so that a result is the same bits every time.

#ifndef THAW_KERNEL
#define THAW_KERNEL extern "C" __global__ void __launch_bounds__(256)
#endif

constexpr int kThreads = 256;

#ifdef THAW_BFLOAT16
using Element = unsigned short;
__device__ inline float widen(Element value) { return __uint_as_float(unsigned(value) << 16); }
// To nearest, ties to even. The NaN that a GPU's arithmetic gives has all bits set: rounded, it would be -0.
__device__ inline Element narrow(float value) {
  if (value != value) return 0x7fff;
  const unsigned bits = __float_as_uint(value);
  return static_cast<Element>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}
#else
using Element = float;
__device__ inline float widen(Element value) { return value; }
__device__ inline Element narrow(float value) { return value; }
#endif

constexpr int kPack = 16 / sizeof(Element);
struct alignas(16) Pack {
  Element of[kPack];
};

// Of the calling thread: the first of its channels, its rows.
struct Walk {
  int channel;
  long long begin, end;

  // `chunk`: which of the grid's stretches of rows.
  __device__ Walk(unsigned chunk, long long rows, long long rows_each)
      : channel(static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x) * kPack),
        begin(chunk * rows_each + threadIdx.y),
        end(chunk * rows_each + rows_each < rows ? chunk * rows_each + rows_each : rows) {}
};

__device__ inline Pack load(const Element* from, long long row, int channels, int channel) {
  return *reinterpret_cast<const Pack*>(from + row * channels + channel);
}
__device__ inline void store(Element* to, long long row, int channels, int channel, const Pack& pack) {
  *reinterpret_cast<Pack*>(to + row * channels + channel) = pack;
}

// One value for each channel of a pack; `otherwise` where there are none.
struct Values {
  float of[kPack];
  __device__ Values(const float* from, int channel, float otherwise) {
    for (int i = 0; i < kPack; ++i) of[i] = from ? from[channel + i] : otherwise;
  }
};

// parts [chunk, 2, channels] = the block's sums over its rows.
__device__ inline void write_sums(const float (&first)[kPack], const float (&second)[kPack], int channel,
                                  int channels, float* parts) {
  __shared__ float shared[2 * kPack][kThreads];
  const unsigned thread = threadIdx.y * blockDim.x + threadIdx.x;
  for (int i = 0; i < kPack; ++i) {
    shared[i][thread] = first[i];
    shared[kPack + i][thread] = second[i];
  }
  for (unsigned half = blockDim.y / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.y >= half) continue;
    for (int i = 0; i < 2 * kPack; ++i) shared[i][thread] += shared[i][thread + half * blockDim.x];
  }
  if (threadIdx.y > 0) return;
  float* to = parts + 2ll * blockIdx.y * channels + channel;
  for (int i = 0; i < kPack; ++i) {
    to[i] = shared[i][thread];
    to[channels + i] = shared[kPack + i][thread];
  }
}

// A thread's channel among 32 of its block, threadIdx.x, and both of its sums over all chunks; only the
// first of a channel's threads, threadIdx.y = 0, gets them.
constexpr int kMerged = 32, kLanes = kThreads / kMerged;
struct Sums {
  double first, second;
};
__device__ inline Sums merge(const float* parts, int chunks, int channels, int channel) {
  __shared__ double shared[2][kLanes][kMerged];
  Sums sums = {0, 0};
  if (channel < channels) {
    for (long long chunk = threadIdx.y; chunk < chunks; chunk += kLanes) {
      sums.first += parts[2 * chunk * channels + channel];
      sums.second += parts[(2 * chunk + 1) * channels + channel];
    }
  }
  shared[0][threadIdx.y][threadIdx.x] = sums.first;
  shared[1][threadIdx.y][threadIdx.x] = sums.second;
  __syncthreads();
  if (threadIdx.y > 0) return sums;
  for (int lane = 1; lane < kLanes; ++lane) {
    sums.first += shared[0][lane][threadIdx.x];
    sums.second += shared[1][lane][threadIdx.x];
  }
  return sums;
}

// parts [chunk, 2, channels] = the sums of x - origin and of its square. The origin is the first row: a
// value of the channel's own, so that a mean far from zero costs the variance no digits.
THAW_KERNEL moments(const Element* __restrict__ x, long long rows, int channels, long long rows_each, float* __restrict__ parts) {
  const Walk walk(blockIdx.y, rows, rows_each);
  const Pack origin = load(x, 0, channels, walk.channel);
  float sum[kPack] = {}, square[kPack] = {};
#pragma unroll 4
  for (long long row = walk.begin; row < walk.end; row += blockDim.y) {
    const Pack pack = load(x, row, channels, walk.channel);
#pragma unroll
    for (int i = 0; i < kPack; ++i) {
      const float d = widen(pack.of[i]) - widen(origin.of[i]);
      sum[i] += d;
      square[i] += d * d;
    }
  }
  write_sums(sum, square, walk.channel, channels, parts);
}

// statistics [3, channels] = mean, weight / deviation, 1 / deviation, the deviation with the biased
// variance; the running statistics move towards the batch's by `momentum`, with the unbiased variance.
THAW_KERNEL finish_moments(const float* __restrict__ parts, int chunks, const Element* __restrict__ x, long long rows, int channels,
                           const float* __restrict__ weight, double epsilon, double momentum, float* __restrict__ running_mean,
                           float* __restrict__ running_var, float* __restrict__ statistics) {
  const int channel = static_cast<int>(blockIdx.x * kMerged + threadIdx.x);
  const Sums sums = merge(parts, chunks, channels, channel);
  if (threadIdx.y > 0 || channel >= channels) return;
  const double n = static_cast<double>(rows), from_origin = sums.first / n;
  const double mean = static_cast<double>(widen(x[channel])) + from_origin;
  const double spread = sums.second / n - from_origin * from_origin;
  const double variance = spread > 0 || spread != spread ? spread : 0;
  const double inverse = 1 / sqrt(variance + epsilon);
  statistics[channel] = static_cast<float>(mean);
  statistics[channels + channel] = static_cast<float>(weight[channel] * inverse);
  statistics[2 * channels + channel] = static_cast<float>(inverse);
  running_mean[channel] =
      static_cast<float>(running_mean[channel] + momentum * (mean - running_mean[channel]));
  running_var[channel] = static_cast<float>(
      running_var[channel] + momentum * (variance * n / (n - 1) - running_var[channel]));
}

// y = relu?((x - mean) * scale + shift + residual?); without a mean 0, without a scale 1.
THAW_KERNEL normalise(const Element* __restrict__ x, const Element* __restrict__ residual, Element* __restrict__ y, long long rows, int channels,
                      long long rows_each, const float* __restrict__ mean, const float* __restrict__ scale, const float* __restrict__ shift,
                      int relu) {
  // From the end, which was read last and may still be in the cache.
  const Walk walk(gridDim.y - 1 - blockIdx.y, rows, rows_each);
  const Values means(mean, walk.channel, 0), scales(scale, walk.channel, 1), shifts(shift, walk.channel, 0);
#pragma unroll 4
  for (long long row = walk.begin; row < walk.end; row += blockDim.y) {
    const Pack pack = load(x, row, channels, walk.channel);
    Pack other = {}, result;
    if (residual) other = load(residual, row, channels, walk.channel);
#pragma unroll
    for (int i = 0; i < kPack; ++i) {
      float value = (widen(pack.of[i]) - means.of[i]) * scales.of[i] + shifts.of[i];
      if (residual) value += widen(other.of[i]);
      if (relu && value < 0) value = 0;  // keeps NaN
      result.of[i] = narrow(value);
    }
    store(y, row, channels, walk.channel, result);
  }
}

// parts [chunk, 2, channels] = the sums of g and of g * (x - mean), where g is `gradient`, zero where the
// ReLU was off. With an output `y`, which tells where, g goes to `masked`; without, it is computed again.
THAW_KERNEL gradient_sums(const Element* __restrict__ gradient, const Element* __restrict__ x, const Element* __restrict__ y, Element* __restrict__ masked,
                          long long rows, int channels, long long rows_each, const float* __restrict__ mean,
                          const float* __restrict__ scale, const float* __restrict__ shift, int relu, float* __restrict__ parts) {
  const Walk walk(blockIdx.y, rows, rows_each);
  const Values means(mean, walk.channel, 0), scales(scale, walk.channel, 1), shifts(shift, walk.channel, 0);
  float sum[kPack] = {}, product[kPack] = {};
#pragma unroll 2
  for (long long row = walk.begin; row < walk.end; row += blockDim.y) {
    const Pack pack = load(gradient, row, channels, walk.channel);
    const Pack inputs = load(x, row, channels, walk.channel);
    Pack outputs = {}, through;
    if (y) outputs = load(y, row, channels, walk.channel);
#pragma unroll
    for (int i = 0; i < kPack; ++i) {
      const float centred = widen(inputs.of[i]) - means.of[i];
      const bool on =
          !relu || (y ? widen(outputs.of[i]) > 0 : centred * scales.of[i] + shifts.of[i] > 0);
      through.of[i] = on ? pack.of[i] : Element(0);
      const float g = widen(through.of[i]);
      sum[i] += g;
      product[i] += g * centred;
    }
    if (y) store(masked, row, channels, walk.channel, through);
  }
  write_sums(sum, product, walk.channel, channels, parts);
}

// From statistics as finish_moments() leaves them: the gradients of weight and bias, and slopes
// [2, channels], by which input_gradient() takes the batch's part in the statistics back.
THAW_KERNEL finish_gradients(const float* __restrict__ parts, int chunks, long long rows, int channels,
                             const float* __restrict__ statistics, float* __restrict__ weight, float* __restrict__ bias, float* __restrict__ slopes) {
  const int channel = static_cast<int>(blockIdx.x * kMerged + threadIdx.x);
  const Sums sums = merge(parts, chunks, channels, channel);
  if (threadIdx.y > 0 || channel >= channels) return;
  const double scale = statistics[channels + channel], inverse = statistics[2 * channels + channel];
  const double product = sums.second * inverse, n = static_cast<double>(rows);
  weight[channel] = static_cast<float>(product);
  bias[channel] = static_cast<float>(sums.first);
  slopes[channel] = static_cast<float>(-scale * inverse * product / n);
  slopes[channels + channel] = static_cast<float>(-scale * sums.first / n);
}

// dx = scale * g + slopes[0] * (x - mean) + slopes[1], with g as above, of a ReLU without residual.
THAW_KERNEL input_gradient(const Element* __restrict__ gradient, const Element* __restrict__ x, Element* __restrict__ dx, long long rows,
                           int channels, long long rows_each, const float* __restrict__ mean, const float* __restrict__ scale,
                           const float* __restrict__ shift, int relu, const float* __restrict__ slopes) {
  const Walk walk(gridDim.y - 1 - blockIdx.y, rows, rows_each);
  const Values means(mean, walk.channel, 0), scales(scale, walk.channel, 1), shifts(shift, walk.channel, 0);
  const Values slope(slopes, walk.channel, 0), offset(slopes + channels, walk.channel, 0);
#pragma unroll 4
  for (long long row = walk.begin; row < walk.end; row += blockDim.y) {
    const Pack pack = load(gradient, row, channels, walk.channel);
    const Pack inputs = load(x, row, channels, walk.channel);
    Pack result;
#pragma unroll
    for (int i = 0; i < kPack; ++i) {
      const float centred = widen(inputs.of[i]) - means.of[i];
      const bool on = !relu || centred * scales.of[i] + shifts.of[i] > 0;
      const float g = on ? widen(pack.of[i]) : 0;
      result.of[i] = narrow(scales.of[i] * g + slope.of[i] * centred + offset.of[i]);
    }
    store(dx, row, channels, walk.channel, result);
  }
}
