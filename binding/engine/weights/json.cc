#include "engine/weights/json.h"

#include <charconv>
#include <unordered_set>

#include "engine/weights/malformed.h"
#include "engine/weights/utf8.h"

namespace thaw::weights::json {
namespace {

constexpr int kDeepest = 32;              // safetensors nests 3 deep
constexpr int64_t kMostValues = 1 << 18;  // a value may take 40 times its text's memory

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Value document() {
    Value value = this->value(0);
    skip_space();
    if (at_ != text_.size()) complain("something follows the end of the value");
    return value;
  }

 private:
  [[noreturn]] void complain(const char* what) const {
    malformed("its JSON header is wrong at character ", at_, ": ", what);
  }

  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }

  void skip_space() {
    while (!at_end() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r'))
      ++at_;
  }

  // Skips white space, then takes `c` if it comes next.
  bool take(char c) {
    skip_space();
    if (at_end() || peek() != c) return false;
    ++at_;
    return true;
  }

  bool take_word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  Value value(int depth) {
    if (depth > kDeepest) complain("it is nested too deeply");
    if (++values_ > kMostValues) complain("it holds too many values");
    skip_space();
    switch (peek()) {
      case '{':
        return {object(depth)};
      case '[':
        return {array(depth)};
      case '"':
        return {string()};
      case 't':
        if (take_word("true")) return {true};
        break;
      case 'f':
        if (take_word("false")) return {false};
        break;
      case 'n':
        if (take_word("null")) return {nullptr};
        break;
      default:
        if (peek() == '-' || (peek() >= '0' && peek() <= '9')) return number();
    }
    complain("a value was expected");
  }

  Object object(int depth) {
    Object members;
    std::unordered_set<std::string> names;
    take('{');
    if (take('}')) return members;
    do {
      skip_space();
      if (peek() != '"') complain("a name in quotes was expected");
      std::string name = string();
      if (!names.insert(name).second) complain("the same name is used twice");
      if (!take(':')) complain("':' was expected");
      Value member = value(depth + 1);
      members.emplace_back(std::move(name), std::move(member));
    } while (take(','));
    if (!take('}')) complain("',' or '}' was expected");
    return members;
  }

  Array array(int depth) {
    Array items;
    take('[');
    if (take(']')) return items;
    do {
      items.push_back(value(depth + 1));
    } while (take(','));
    if (!take(']')) complain("',' or ']' was expected");
    return items;
  }

  Value number() {
    const char* begin = text_.data() + at_;
    const char* end = text_.data() + text_.size();
    int64_t whole = 0;
    const auto [stop, error] = std::from_chars(begin, end, whole);
    if (error != std::errc()) complain("a number of 64 bits was expected");
    const char* digits = *begin == '-' ? begin + 1 : begin;
    if (*digits == '0' && stop - digits > 1) complain("a number starts with a zero");
    if (stop == end || (*stop != '.' && *stop != 'e' && *stop != 'E')) {
      at_ += static_cast<size_t>(stop - begin);
      return {whole};
    }
    const bool digit_follows = *stop != '.' || (stop + 1 < end && stop[1] >= '0' && stop[1] <= '9');
    if (!digit_follows) complain("a digit was expected after the point");
    double fraction = 0;
    const auto [after, failure] = std::from_chars(begin, end, fraction);
    if (failure != std::errc() || after == stop) complain("a number was expected");
    at_ += static_cast<size_t>(after - begin);
    return {fraction};
  }

  std::string string() {
    ++at_;  // the opening quote
    std::string text;
    while (true) {
      if (at_end()) complain("a string does not end");
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return text;
      }
      if (c == '\\') {
        ++at_;
        escape(text);
        continue;
      }
      if (static_cast<uint8_t>(c) < 0x20) complain("a control character is inside a string");
      const size_t length = utf8_length(text_, at_);
      if (length == 0) complain("a string is not UTF-8");
      text.append(text_, at_, length);
      at_ += length;
    }
  }

  void escape(std::string& text) {
    static constexpr std::string_view kLetters = "\"\\/bfnrt";
    static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const char c = peek();
    if (const size_t which = kLetters.find(c); c != '\0' && which != std::string_view::npos) {
      ++at_;
      text.push_back(kMeanings[which]);
      return;
    }
    if (c != 'u') complain("an unknown escape");
    ++at_;
    uint32_t code = hex4();
    if (code >= 0xdc00 && code <= 0xdfff) complain("a lone surrogate");
    if (code >= 0xd800 && code <= 0xdbff) {
      if (!take_word("\\u")) complain("a lone surrogate");
      const uint32_t low = hex4();
      if (low < 0xdc00 || low > 0xdfff) complain("a lone surrogate");
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(text, code);
  }

  uint32_t hex4() {
    if (text_.size() - at_ < 4) complain("four hexadecimal digits were expected");
    const char* begin = text_.data() + at_;
    uint32_t code = 0;
    const auto [stop, error] = std::from_chars(begin, begin + 4, code, 16);
    if (error != std::errc() || stop != begin + 4)
      complain("four hexadecimal digits were expected");
    at_ += 4;
    return code;
  }

  std::string_view text_;
  size_t at_ = 0;
  int64_t values_ = 0;
};

}  // namespace

Value parse(std::string_view text) { return Parser(text).document(); }

std::string quote(std::string_view text) {
  if (!is_utf8(text)) malformed("'", printable(std::string(text)), "' is not UTF-8");
  static constexpr char kHex[] = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20) {
      quoted += "\\u00";
      quoted += kHex[byte >> 4];
      quoted += kHex[byte & 15];
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

const Value* find(const Object& object, std::string_view name) {
  for (const auto& [key, value] : object) {
    if (key == name) return &value;
  }
  return nullptr;
}

}  // namespace thaw::weights::json
