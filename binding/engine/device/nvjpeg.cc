#include "engine/device/nvjpeg.h"

#include <cstdlib>
#include <utility>

#include "engine/device/library.h"

namespace thaw::device {

namespace {

// The library's interface, as its documentation gives it ("nvJPEG", CUDA toolkit documentation, 2.2
// and 2.3). Declared here since its header is not where libtorch is.
using Status = int;
constexpr Status kSuccess = 0;

constexpr int kBackendHardware = 3;
constexpr int kOutputRgbInterleaved = 5;
// Chroma is interpolated, as libjpeg does it; known from 12.1 on.
constexpr unsigned kInterpolateChroma = 32;
constexpr int kMaxComponents = 4;
enum Property { kMajorVersion = 0, kMinorVersion = 1 };

using Handle = void*;  // nvjpegHandle_t
using State = void*;   // nvjpegJpegState_t
using Stream = void*;  // nvjpegJpegStream_t: a parsed file
using CudaStream = void*;

struct Image {
  unsigned char* channel[kMaxComponents];
  size_t pitch[kMaxComponents];
};

struct Api {
  Status (*nvjpegGetProperty)(int, int*);
  Status (*nvjpegCreateEx)(int backend, void* device_allocator, void* pinned_allocator,
                           unsigned flags, Handle*);
  Status (*nvjpegDestroy)(Handle);
  Status (*nvjpegJpegStateCreate)(Handle, State*);
  Status (*nvjpegJpegStateDestroy)(State);
  Status (*nvjpegJpegStreamCreate)(Handle, Stream*);
  Status (*nvjpegJpegStreamDestroy)(Stream);
  Status (*nvjpegJpegStreamParseHeader)(Handle, const unsigned char*, size_t, Stream);
  Status (*nvjpegGetImageInfo)(Handle, const unsigned char*, size_t, int* components,
                               int* subsampling, int* widths, int* heights);
  Status (*nvjpegDecodeBatchedSupported)(Handle, Stream, int* unsupported);
  Status (*nvjpegDecodeBatchedInitialize)(Handle, State, int batch, int threads, int format);
  Status (*nvjpegDecodeBatched)(Handle, State, const unsigned char* const*, const size_t*, Image*,
                                CudaStream);
};

bool open(const std::string& library, Api& api, std::string& reason) {
  return load_library(
      library,
      {THAW_WANTED(api, nvjpegGetProperty), THAW_WANTED(api, nvjpegCreateEx),
       THAW_WANTED(api, nvjpegDestroy), THAW_WANTED(api, nvjpegJpegStateCreate),
       THAW_WANTED(api, nvjpegJpegStateDestroy), THAW_WANTED(api, nvjpegJpegStreamCreate),
       THAW_WANTED(api, nvjpegJpegStreamDestroy), THAW_WANTED(api, nvjpegJpegStreamParseHeader),
       THAW_WANTED(api, nvjpegGetImageInfo), THAW_WANTED(api, nvjpegDecodeBatchedSupported),
       THAW_WANTED(api, nvjpegDecodeBatchedInitialize), THAW_WANTED(api, nvjpegDecodeBatched)},
      reason);
}

class NvjpegDecoder final : public JpegDecoder {
 public:
  NvjpegDecoder(const Api& api, DecodingStream stream) : api_(api), stream_(std::move(stream)) {
    if (api_.nvjpegCreateEx(kBackendHardware, nullptr, nullptr, flags(), &handle_) != kSuccess)
      handle_ = nullptr;
    if (!handle_ || api_.nvjpegJpegStateCreate(handle_, &state_) != kSuccess) state_ = nullptr;
    if (!state_ || api_.nvjpegJpegStreamCreate(handle_, &header_) != kSuccess) header_ = nullptr;
  }
  ~NvjpegDecoder() override {
    if (header_) api_.nvjpegJpegStreamDestroy(header_);
    if (state_) api_.nvjpegJpegStateDestroy(state_);
    if (handle_) api_.nvjpegDestroy(handle_);
  }

  bool usable() const { return header_ != nullptr; }

  std::string name() const override {
    return "nvJPEG " + std::to_string(property(kMajorVersion)) + "." +
           std::to_string(property(kMinorVersion));
  }

  std::vector<at::Tensor> decode(const std::vector<JpegFile>& files) override {
    // The state's buffers on the host are still read while the last batch is under way.
    stream_.wait_for_current();
    std::vector<at::Tensor> decoded(files.size());
    std::vector<const unsigned char*> bytes;
    std::vector<size_t> sizes;
    std::vector<Image> images;
    for (size_t i = 0; i < files.size(); ++i) {
      if (!reads(files[i])) continue;
      decoded[i] = at::empty({files[i].height, files[i].width, 3},
                             at::TensorOptions(at::kByte).device(stream_.device));
      bytes.push_back(files[i].bytes.data());
      sizes.push_back(files[i].bytes.size());
      Image& image = images.emplace_back();
      image.channel[0] = decoded[i].mutable_data_ptr<uint8_t>();
      image.pitch[0] = static_cast<size_t>(decoded[i].stride(0));
    }
    if (images.empty() || decode_batch(bytes, sizes, images)) return decoded;
    batch_size_ = 0;  // after a failure it wants to be made ready again
    return std::vector<at::Tensor>(files.size());
  }

 private:
  int property(Property which) const {
    int value = 0;
    api_.nvjpegGetProperty(which, &value);
    return value;
  }

  unsigned flags() const {
    const int version = property(kMajorVersion) * 100 + property(kMinorVersion);
    return version >= 1201 ? kInterpolateChroma : 0;
  }

  // It writes as many bytes as it finds in the header: those must be the ones that are expected.
  bool reads(const JpegFile& file) const {
    int components = 0, subsampling = 0, widths[kMaxComponents] = {}, heights[kMaxComponents] = {};
    int unsupported = 1;
    return api_.nvjpegGetImageInfo(handle_, file.bytes.data(), file.bytes.size(), &components,
                                   &subsampling, widths, heights) == kSuccess &&
           widths[0] == file.width && heights[0] == file.height &&
           api_.nvjpegJpegStreamParseHeader(handle_, file.bytes.data(), file.bytes.size(),
                                            header_) == kSuccess &&
           api_.nvjpegDecodeBatchedSupported(handle_, header_, &unsupported) == kSuccess &&
           unsupported == 0;
  }

  bool decode_batch(const std::vector<const unsigned char*>& bytes,
                    const std::vector<size_t>& sizes, std::vector<Image>& images) {
    constexpr int kThreads = 1;  // for Huffman codes, which the hardware reads itself
    if (images.size() != batch_size_ &&
        api_.nvjpegDecodeBatchedInitialize(handle_, state_, static_cast<int>(images.size()),
                                           kThreads, kOutputRgbInterleaved) != kSuccess) {
      return false;
    }
    batch_size_ = images.size();
    return api_.nvjpegDecodeBatched(handle_, state_, bytes.data(), sizes.data(), images.data(),
                                    stream_.current()) == kSuccess;
  }

  const Api api_;
  const DecodingStream stream_;
  Handle handle_ = nullptr;
  State state_ = nullptr;
  Stream header_ = nullptr;
  size_t batch_size_ = 0;  // that the state is ready for
};

}  // namespace

std::vector<std::string> nvjpeg_libraries(int cuda_major) {
  const char* named = std::getenv("THAW_NVJPEG");
  if (named && std::string(named) == "none") return {};
  if (named && *named) return {named};
  const std::string file = "libnvjpeg.so." + std::to_string(cuda_major);
  return {file, "/usr/local/cuda/lib64/" + file};
}

std::shared_ptr<JpegDecoder> make_nvjpeg_decoder(const std::vector<std::string>& libraries,
                                                 DecodingStream stream, std::string& reason) {
  reason = "THAW_NVJPEG is none";
  for (const std::string& library : libraries) {
    Api api;
    if (!open(library, api, reason)) continue;
    auto decoder = std::make_shared<NvjpegDecoder>(api, std::move(stream));
    if (decoder->usable()) return decoder;
    reason = library + " finds no JPEG decoder in this GPU";
    return nullptr;
  }
  return nullptr;
}

}  // namespace thaw::device
