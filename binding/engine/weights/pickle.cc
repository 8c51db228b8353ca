#include "engine/weights/pickle.h"

#include <unordered_map>

#include "engine/weights/malformed.h"
#include "engine/weights/pickle_apply.h"
#include "engine/weights/pickle_opcodes.h"
#include "engine/weights/pickle_stack.h"
#include "engine/weights/utf8.h"

namespace thaw::weights::pickle {
namespace {

constexpr int64_t kMostOperations = 1 << 22;  // bounds the memory of lists: 8 bytes an operation
constexpr size_t kLongestGlobal = 4096;       // one long string could be asked for again and again
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
    pickle_.root = stack_.pop();
    if (!stack_.empty()) malformed("its pickle leaves something unused");
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
      if (text.size() > kLongestGlobal) malformed("a name in its pickle does not end");
      text.push_back(c);
    }
  }

  Value* push_new(Kind kind) {
    Value* value = make(pickle_, kind);
    stack_.push(value);
    return value;
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

  void push_tuple(size_t size) {
    std::vector<Value*> items(size);
    for (size_t i = size; i-- > 0;) items[i] = stack_.pop();
    push_new(Kind::kTuple)->items = std::move(items);
  }

  void add(Kind kind, const std::vector<Value*>& items) {
    Value* to = stack_.top();
    if (to->kind == Kind::kOther) return;  // a set, a dictionary of a class of its own
    if (to->kind != kind) malformed("its pickle adds to something that is no container");
    if (kind == Kind::kDict && items.size() % 2 != 0) malformed("a key in its pickle has no value");
    to->items.insert(to->items.end(), items.begin(), items.end());
  }

  void put(uint32_t slot) {
    memo_[slot] = stack_.top();
    if (memo_.size() > kMostValues) malformed("its pickle stores too many values");
  }

  void get(uint32_t slot) {
    const auto found = memo_.find(slot);
    if (found == memo_.end()) malformed("its pickle recalls a value that it never stored");
    stack_.push(found->second);
  }

  void push_global(const std::string& module, const std::string& name) {
    if (module.size() + name.size() > kLongestGlobal) malformed("a name in its pickle is too long");
    const auto global = find_global(module, name, dialect_);
    if (!global) {
      malformed("it asks for the Python object ", printable(module + "." + name),
                ", which is no data and is never run here; save model.state_dict() instead");
    }
    push_new(Kind::kGlobal)->global = *global;
  }

  void stack_global() {
    const Value* name = stack_.pop();
    const Value* module = stack_.pop();
    if (name->kind != Kind::kString || module->kind != Kind::kString) {
      malformed("a name in its pickle is no string");
    }
    push_global(module->text, name->text);
  }

  void reduce() {
    const Value* arguments = stack_.pop();
    const Value* function = stack_.pop();
    stack_.push(apply(pickle_, *function, *arguments));
  }

  void new_object() {
    const Value* arguments = stack_.pop();
    const Value* type = stack_.pop();
    const bool is_class = type->kind == Kind::kGlobal;
    if (is_class && type->global.role == Role::kScriptClass) {
      push_new(Kind::kObject);
    } else if (is_class &&
               (type->global.role == Role::kDict || type->global.role == Role::kParameter)) {
      stack_.push(apply(pickle_, *type, *arguments));
    } else if (is_class && type->global.role == Role::kOther) {
      push_new(Kind::kOther);
    } else {
      malformed("its pickle makes an instance of something that is no class");
    }
  }

  // A module's attributes; for the others (an OrderedDict's _metadata, an old Parameter's flags)
  // the state holds nothing that a weight depends on.
  void build() {
    Value* state = stack_.pop();
    Value* object = stack_.top();
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
  Stack stack_;
  std::unordered_map<uint32_t, Value*> memo_;
};

void Machine::step(uint8_t op) {
  switch (op) {
    case kFrame:
      // The length of what follows; the source's own end is the one that counts.
      (void)number<uint64_t>();
      return;
    case kMark:
      return stack_.mark();
    case kPop:
      (void)stack_.pop();
      return;
    case kPopMark:
      (void)stack_.pop_to_mark();
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
      std::vector<Value*> items = stack_.pop_to_mark();
      push_new(Kind::kTuple)->items = std::move(items);
      return;
    }
    case kEmptyList:
      (void)push_new(Kind::kList);
      return;
    case kAppend: {
      Value* item = stack_.pop();
      return add(Kind::kList, {item});
    }
    case kAppends:
      return add(Kind::kList, stack_.pop_to_mark());
    case kEmptyDict:
      (void)push_new(Kind::kDict);
      return;
    case kSetItem: {
      Value* value = stack_.pop();
      Value* key = stack_.pop();
      return add(Kind::kDict, {key, value});
    }
    case kSetItems:
      return add(Kind::kDict, stack_.pop_to_mark());
    case kEmptySet:
      (void)push_new(Kind::kOther);
      return;
    case kAddItems:
      (void)stack_.pop_to_mark();
      (void)stack_.top();
      return;
    case kFrozenSet:
      (void)stack_.pop_to_mark();
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
      const Value* id = stack_.pop();
      return stack_.push(storage_of(pickle_, *id));
    }
    default:
      malformed("its pickle uses operation ", static_cast<int>(op),
                ", which torch.save never does");
  }
}

}  // namespace

Pickle read(ByteSource& source, Dialect dialect) { return Machine(source, dialect).run(); }

}  // namespace thaw::weights::pickle
