// safetensors in several files.
#include "check.h"
#include "engine/weights/safetensors.h"
#include "weights_files.h"

using files::Folder;
using thaw::weights::read_weights;

namespace {

constexpr const char* kMalformed = "ERR_WEIGHTS_FORMAT";

at::Tensor drawn(uint64_t seed) { return at::randn({3, 2}, at::detail::createCPUGenerator(seed)); }

// Two shards, with the tensors a and b, and c.
struct Sharded {
  Folder folder;
  std::string index = folder.file("model.safetensors.index.json");

  Sharded() {
    thaw::weights::write_safetensors(folder.file("1.safetensors"),
                                     {{"b", drawn(2)}, {"a", drawn(1)}}, {});
    thaw::weights::write_safetensors(folder.file("2.safetensors"),
                                     {{"c", drawn(3).to(at::kBFloat16)}}, {{"format", "pt"}});
  }

  std::string outcome(const std::string& text) {
    files::put(index, text);
    return files::outcome(index);
  }

  std::string map(const std::string& members) {
    return R"({"metadata": {"total_size": 60.0}, "weight_map": {)" + members + "}}";
  }
};

const std::string kRight = R"("a": "1.safetensors", "c": "2.safetensors", "b": "1.safetensors")";

}  // namespace

TEST("sharded: indices that are none") {
  Sharded sharded;
  for (const char* text : {"{", "{}", "{\"weight_map\": 1}", "{\"weight_map\": {}}",
                           "{\"weight_map\": {\"a\": 1}}", "{\"weight_map\": {\"a\": {}}}",
                           "{\"weight_map\": [\"a\"]}", "{\"class_name\": \"Functional\"}"}) {
    CHECK_EQUAL(sharded.outcome(text), kMalformed);
  }
  const std::string whole = sharded.map(kRight);
  for (size_t size = 0; size < whole.size(); ++size) {
    CHECK_EQUAL(sharded.outcome(whole.substr(0, size)), kMalformed);
  }
}

TEST("sharded: names of files that lie elsewhere are not opened") {
  Sharded sharded;
  std::filesystem::create_directory(sharded.folder.file("sub"));
  for (const std::string& path :
       {sharded.folder.file("sub/1.safetensors"), sharded.folder.file("3.safetensors")}) {
    thaw::weights::write_safetensors(path, {{"a", drawn(1)}}, {});
  }
  CHECK_EQUAL(sharded.outcome(sharded.map(R"("a": "3.safetensors")")), "ok");
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string("sub"),
        std::string("sub/1.safetensors"), std::string("./3.safetensors"),
        std::string("sub/../3.safetensors"), sharded.folder.file("3.safetensors"),
        std::string(R"(sub\\1.safetensors)"), std::string(R"(3.safetensors\u0000)")}) {
    const std::string seen = sharded.outcome(sharded.map(R"("a": ")" + name + R"(")"));
    CHECK_EQUAL(seen, name == "sub" ? "ERR_IO" : kMalformed);
  }
}

TEST("sharded: an index and shards that contradict each other") {
  Sharded sharded;
  CHECK_EQUAL(sharded.outcome(sharded.map(kRight)), "ok");
  for (
      const char* members :
      {R"("a": "1.safetensors", "c": "2.safetensors")",
       R"("a": "1.safetensors", "b": "1.safetensors", "c": "1.safetensors")",
       R"("a": "2.safetensors", "b": "1.safetensors", "c": "2.safetensors")",
       R"("a": "1.safetensors", "b": "1.safetensors", "c": "2.safetensors", "d": "2.safetensors")"}) {
    CHECK_EQUAL(sharded.outcome(sharded.map(members)), kMalformed);
  }
  // The same tensor in both.
  thaw::weights::write_safetensors(sharded.folder.file("2.safetensors"),
                                   {{"a", drawn(1)}, {"c", drawn(3)}}, {});
  CHECK_EQUAL(sharded.outcome(sharded.map(kRight)), kMalformed);
  files::put(sharded.folder.file("2.safetensors"), "damaged");
  CHECK_EQUAL(sharded.outcome(sharded.map(kRight)), kMalformed);
  CHECK(files::message(sharded.index).find("'2.safetensors'") != std::string::npos);
  std::filesystem::remove(sharded.folder.file("2.safetensors"));
  CHECK_EQUAL(sharded.outcome(sharded.map(kRight)), "ERR_WEIGHTS_NOT_FOUND");
}

TEST("sharded: the tensors of all shards, whatever the index is called") {
  Sharded sharded;
  sharded.index = sharded.folder.file("any name");
  CHECK_EQUAL(sharded.outcome(sharded.map(kRight)), "ok");
  const auto file = read_weights(sharded.index);
  CHECK_EQUAL(file.format, "safetensors");
  CHECK_EQUAL(file.tensors.size(), 3u);
  CHECK(files::tensor_of(file, "a").equal(drawn(1)));
  CHECK(files::tensor_of(file, "b").equal(drawn(2)));
  CHECK(files::tensor_of(file, "c").equal(drawn(3).to(at::kBFloat16)));
}

TEST_MAIN()
