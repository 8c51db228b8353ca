// State dicts written as torch.save writes them; weights_peer_test.cc asks PyTorch itself.
#include <unistd.h>

#include "check.h"
#include "engine/weights/pytorch.h"
#include "weights_files.h"

using files::Folder;
using thaw::weights::read_weights;
using thaw::weights::write_state_dict;

TEST("state dict: what cannot be written is refused, and the old file stays") {
  Folder folder;
  const std::string path = folder.file("x");
  files::put(path, "old");
  const at::Tensor one = at::ones({1});
  CHECK_THROWS(write_state_dict(path, {{"a", one}, {"a", one}}), "ERR_WEIGHTS_FORMAT");
  CHECK_THROWS(write_state_dict(path, {{"\xff", one}}), "ERR_WEIGHTS_FORMAT");
  CHECK_THROWS(write_state_dict(path, {{"a", one.to(at::kUInt16)}}), "ERR_WEIGHTS_FORMAT");
  CHECK_THROWS(write_state_dict(folder.file("no/x"), {{"a", one}}), "ERR_IO");
  CHECK_EQUAL(files::get(path), "old");
  if (::access("/dev/full", W_OK) != 0) return;
  std::filesystem::create_symlink("/dev/full", path + ".part");
  CHECK_THROWS(write_state_dict(path, {{"a", one}}), "ERR_DISK_FULL");
  CHECK_EQUAL(files::get(path), "old");
  CHECK(!std::filesystem::exists(std::filesystem::symlink_status(path + ".part")));
}

TEST("state dict: names, dtypes, order and every bit survive") {
  Folder folder;
  const std::string path = folder.file("x.pth");
  at::Generator generator = at::detail::createCPUGenerator(7);
  thaw::StateDict tensors;
  for (const at::ScalarType dtype :
       {at::kBool, at::kByte, at::kChar, at::kShort, at::kInt, at::kLong, at::kHalf, at::kBFloat16,
        at::kFloat, at::kDouble, at::kComplexFloat, at::kComplexDouble}) {
    tensors.emplace_back(c10::toString(dtype),
                         at::randn({3, 1, 5}, generator, at::kDouble).mul(50).to(dtype));
  }
  tensors.emplace_back("empty", at::empty({0, 4}));
  tensors.emplace_back("scalar", at::scalar_tensor(3.5));
  tensors.emplace_back("not a number", at::tensor({NAN, -0.f, INFINITY}));
  tensors.emplace_back("strided \"\xc3\xa9\"", at::randn({3, 4}, generator).t());
  tensors.emplace_back(
      "channels last",
      at::randn({1, 2, 3, 4}, generator).contiguous(at::MemoryFormat::ChannelsLast));
  tensors.emplace_back("trained", at::randn({2}, generator).set_requires_grad(true));
  write_state_dict(path, tensors);

  const auto file = read_weights(path);
  CHECK_EQUAL(file.format, "pytorch");
  CHECK_EQUAL(file.tensors.size(), tensors.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    const at::Tensor& read = file.tensors[i].second;
    const at::Tensor written = tensors[i].second.detach().contiguous();
    CHECK_EQUAL(file.tensors[i].first, tensors[i].first);
    CHECK_EQUAL(read.scalar_type(), written.scalar_type());
    CHECK_EQUAL(read.sizes(), written.sizes());
    CHECK(std::memcmp(read.const_data_ptr(), written.const_data_ptr(), written.nbytes()) == 0);
  }
}

TEST("state dict: an empty one is a file, though no weights are in it") {
  Folder folder;
  write_state_dict(folder.file("x"), {});
  CHECK_EQUAL(files::outcome(folder.file("x")), "ERR_WEIGHTS_FORMAT");
}

TEST_MAIN()
