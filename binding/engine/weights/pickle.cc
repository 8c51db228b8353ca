#include "engine/weights/pickle.h"

#include <unordered_map>

#include "engine/weights/malformed.h"
#include "engine/weights/pickle_apply.h"
#include "engine/weights/pickle_opcodes.h"
#include "engine/weights/utf8.h"

namespace thaw::weights::pickle {
namespace {

constexpr size_t kDeepestStack = kMostValues;
constexpr int64_t kMostOperations = 1 << 24;  // bounds the memory of lists: 8 bytes an operation
constexpr uint64_t kLongestLong = 64;         // the magic number of torch.save has 10 bytes

class Machine {
 public:
  Machine(ByteSource& source, Dialect dialect) : source_(source), dialect_(dialect) {}

  Pickle run() {
    if (number<uint8_t>() != kProto) malformed("its pickle does not begin as one");
    const uint8_t protocol = number<uint8_t>();
    if (protocol < 2 || protocol > 5) {
      malformed("its pickle has the unknown protocol ", static_cast<int>(protocol));
    }
    for (int64_t operations = 0;; ++operations) {
      if (operations > kMostOperations) malformed("its pickle is too long");
      const uint8_t op = number<uint8_t>();
      if (op == kStop) break;
      step(op);
    }
    pickle_.root = pop();
    if (!stack_.empty() || !marks_.empty()) malformed("its pickle leaves something unused");
    return std::move(pickle_);
  }

 private:
  template <typename Number>
  Number number() {
    Number value;
    source_.read(&value, sizeof value);
    return value;
  }

  std::string bytes(uint64_t size) {
    if (size > source_.remaining()) malformed("its pickle ends inside a string (truncated?)");
    std::string text(size, '\0');
    source_.read(text.data(), size);
    return text;
  }

  std::string line() {
    std::string text;
    while (true) {
      const char c = number<char>();
      if (c == '\n') return text;
      if (text.size() > 4096) malformed("a name in its pickle does not end");
      text.push_back(c);
    }
  }

  void push(Value* value) {
    if (stack_.size() >= kDeepestStack) malformed("its pickle is nested too deeply");
    stack_.push_back(value);
  }

  Value* push_new(Kind kind) {
    push(make(pickle_, kind));
    return stack_.back();
  }

  void push_integer(int64_t value) { push_new(Kind::kInt)->integer = value; }
  void push_bool(bool value) { push_new(Kind::kBool)->integer = value; }
  void push_bytes(uint64_t size) { push_new(Kind::kBytes)->text = bytes(size); }

  void push_text(uint64_t size) {
    std::string text = bytes(size);
    if (!is_utf8(text)) malformed("a string in its pickle is not UTF-8");
    push_new(Kind::kString)->text = std::move(text);
  }

  // Two's complement, little-endian.
  void push_long(uint64_t size) {
    if (size > kLongestLong) malformed("a number in its pickle is too long");
    std::string digits = bytes(size);
    if (size > 8) {
      push_new(Kind::kLong)->text = std::move(digits);
      return;
    }
    uint64_t value = size > 0 && (digits.back() & 0x80) != 0 ? ~uint64_t{0} : 0;
    for (size_t i = size; i-- > 0;) value = value << 8 | static_cast<uint8_t>(digits[i]);
    push_integer(static_cast<int64_t>(value));
  }

  // Values above the innermost mark are the only ones that an operation may take.
  size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

  Value* pop() {
    if (stack_.size() <= floor()) malformed("its pickle takes a value that is not there");
    Value* value = stack_.back();
    stack_.pop_back();
    return value;
  }

  Value* top() {
    Value* value = pop();
    stack_.push_back(value);
    return value;
  }

  std::vector<Value*> pop_to_mark() {
    if (marks_.empty()) malformed("its pickle lacks a mark");
    std::vector<Value*> items(stack_.begin() + static_cast<ptrdiff_t>(marks_.back()), stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }

  void push_tuple(size_t size) {
    std::vector<Value*> items(size);
    for (size_t i = size; i-- > 0;) items[i] = pop();
    push_new(Kind::kTuple)->items = std::move(items);
  }

  void add(Kind kind, const std::vector<Value*>& items) {
    Value* to = top();
    if (to->kind == Kind::kOther) return;  // a set
    if (to->kind != kind) malformed("its pickle adds to something that is no container");
    if (kind == Kind::kDict && items.size() % 2 != 0) malformed("a key in its pickle has no value");
    to->items.insert(to->items.end(), items.begin(), items.end());
  }

  void put(uint32_t slot) {
    memo_[slot] = top();
    if (memo_.size() > kMostValues) malformed("its pickle stores too many values");
  }

  void get(uint32_t slot) {
    const auto found = memo_.find(slot);
    if (found == memo_.end()) malformed("its pickle recalls a value that it never stored");
    push(found->second);
  }

  void push_global(const std::string& module, const std::string& name) {
    const auto global = find_global(module, name, dialect_);
    if (!global) {
      malformed("it asks for the Python object ", printable(module + "." + name),
                ", which is no data and is never run here; save model.state_dict() instead");
    }
    push_new(Kind::kGlobal)->global = *global;
  }

  void stack_global() {
    const Value* name = pop();
    const Value* module = pop();
    if (name->kind != Kind::kString || module->kind != Kind::kString) {
      malformed("a name in its pickle is no string");
    }
    push_global(module->text, name->text);
  }

  void reduce() {
    const Value* arguments = pop();
    const Value* function = pop();
    push(apply(pickle_, *function, *arguments));
  }

  void new_object() {
    const Value* arguments = pop();
    const Value* type = pop();
    const bool is_class = type->kind == Kind::kGlobal;
    if (is_class && type->global.role == Role::kScriptClass) {
      push_new(Kind::kObject);
    } else if (is_class &&
               (type->global.role == Role::kDict || type->global.role == Role::kParameter)) {
      push(apply(pickle_, *type, *arguments));
    } else {
      malformed("its pickle makes an instance of something that is no class");
    }
  }

  // A module's attributes; for the others (an OrderedDict's _metadata, an old Parameter's flags)
  // the state holds nothing that a weight depends on.
  void build() {
    Value* state = pop();
    Value* object = top();
    if (object->kind == Kind::kObject) {
      object->state = state;
    } else if (object->kind != Kind::kDict && object->kind != Kind::kTensor &&
               object->kind != Kind::kOther) {
      malformed("its pickle gives a state to something that has none");
    }
  }

  void step(uint8_t op);

  ByteSource& source_;
  const Dialect dialect_;
  Pickle pickle_;
  std::vector<Value*> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint32_t, Value*> memo_;
};

void Machine::step(uint8_t op) {
  switch (op) {
    case kFrame:
      // The length of what follows; the source's own end is the one that counts.
      (void)number<uint64_t>();
      return;
    case kMark:
      if (marks_.size() >= kDeepestStack) malformed("its pickle is nested too deeply");
      marks_.push_back(stack_.size());
      return;
    case kPop:
      (void)pop();
      return;
    case kPopMark:
      (void)pop_to_mark();
      return;
    case kNone:
      (void)push_new(Kind::kNone);
      return;
    case kNewTrue:
      return push_bool(true);
    case kNewFalse:
      return push_bool(false);
    case kBinInt:
      return push_integer(number<int32_t>());
    case kBinInt1:
      return push_integer(number<uint8_t>());
    case kBinInt2:
      return push_integer(number<uint16_t>());
    case kLong1:
      return push_long(number<uint8_t>());
    case kLong4:
      return push_long(number<uint32_t>());
    case kBinFloat:
      (void)number<uint64_t>();
      (void)push_new(Kind::kOther);
      return;
    case kShortBinString:  // Python 2's strings
      return push_text(number<uint8_t>());
    case kBinString:
      return push_text(number<uint32_t>());
    case kShortBinUnicode:
      return push_text(number<uint8_t>());
    case kBinUnicode:
      return push_text(number<uint32_t>());
    case kBinUnicode8:
      return push_text(number<uint64_t>());
    case kShortBinBytes:
      return push_bytes(number<uint8_t>());
    case kBinBytes:
      return push_bytes(number<uint32_t>());
    case kBinBytes8:
      return push_bytes(number<uint64_t>());
    case kEmptyTuple:
      return push_tuple(0);
    case kTuple1:
      return push_tuple(1);
    case kTuple2:
      return push_tuple(2);
    case kTuple3:
      return push_tuple(3);
    case kTuple: {
      std::vector<Value*> items = pop_to_mark();
      push_new(Kind::kTuple)->items = std::move(items);
      return;
    }
    case kEmptyList:
      (void)push_new(Kind::kList);
      return;
    case kAppend: {
      Value* item = pop();
      return add(Kind::kList, {item});
    }
    case kAppends:
      return add(Kind::kList, pop_to_mark());
    case kEmptyDict:
      (void)push_new(Kind::kDict);
      return;
    case kSetItem: {
      Value* value = pop();
      Value* key = pop();
      return add(Kind::kDict, {key, value});
    }
    case kSetItems:
      return add(Kind::kDict, pop_to_mark());
    case kEmptySet:
      (void)push_new(Kind::kOther);
      return;
    case kAddItems:
      (void)pop_to_mark();
      (void)top();
      return;
    case kFrozenSet:
      (void)pop_to_mark();
      (void)push_new(Kind::kOther);
      return;
    case kBinGet:
      return get(number<uint8_t>());
    case kLongBinGet:
      return get(number<uint32_t>());
    case kBinPut:
      return put(number<uint8_t>());
    case kLongBinPut:
      return put(number<uint32_t>());
    case kMemoize:
      return put(static_cast<uint32_t>(memo_.size()));
    case kGlobal: {
      const std::string module = line();
      return push_global(module, line());
    }
    case kStackGlobal:
      return stack_global();
    case kReduce:
      return reduce();
    case kNewObj:
      return new_object();
    case kBuild:
      return build();
    case kBinPersId: {
      const Value* id = pop();
      return push(storage_of(pickle_, *id));
    }
    default:
      malformed("its pickle uses operation ", static_cast<int>(op),
                ", which torch.save never does");
  }
}

}  // namespace

Pickle read(ByteSource& source, Dialect dialect) { return Machine(source, dialect).run(); }

}  // namespace thaw::weights::pickle
