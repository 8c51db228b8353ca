#include "trace.h"

#include <cstring>
#include <fstream>
#include <iterator>

namespace prove {

std::vector<Record> read_trace(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  std::vector<Record> records;
  int64_t head[6];
  for (size_t at = 0; all.size() - at >= sizeof head;) {
    std::memcpy(head, all.data() + at, sizeof head);
    at += sizeof head;
    const auto sizes = {head[3], head[4], head[5]};
    if (all.size() - at < static_cast<size_t>(head[3] + head[4] + head[5])) break;
    Record record;
    record.op = static_cast<Op>(head[0]);
    record.handle = head[1];
    record.a = head[2];
    std::string* const texts[] = {&record.path, &record.other, &record.data};
    size_t i = 0;
    for (const int64_t size : sizes) {
      *texts[i++] = all.substr(at, static_cast<size_t>(size));
      at += static_cast<size_t>(size);
    }
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace prove
