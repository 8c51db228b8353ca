// The stack of the pickle machine with its marks, bounded, never taking more than there is.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/weights/malformed.h"
#include "engine/weights/pickle.h"

namespace thaw::weights::pickle {

class Stack {
 public:
  bool empty() const { return values_.empty() && marks_.empty(); }

  void push(Value* value) {
    if (values_.size() >= kMostValues) malformed("its pickle is nested too deeply");
    values_.push_back(value);
  }

  Value* pop() {
    Value* value = top();
    values_.pop_back();
    return value;
  }

  // Values below the innermost mark are out of reach until it is taken away.
  Value* top() const {
    const size_t floor = marks_.empty() ? 0 : marks_.back();
    if (values_.size() <= floor) malformed("its pickle takes a value that is not there");
    return values_.back();
  }

  void mark() {
    if (marks_.size() >= kMostValues) malformed("its pickle is nested too deeply");
    marks_.push_back(values_.size());
  }

  // The values above the innermost mark; it goes with them.
  std::vector<Value*> pop_to_mark() {
    if (marks_.empty()) malformed("its pickle lacks a mark");
    const auto from = values_.begin() + static_cast<ptrdiff_t>(marks_.back());
    std::vector<Value*> items(from, values_.end());
    values_.erase(from, values_.end());
    marks_.pop_back();
    return items;
  }

 private:
  std::vector<Value*> values_;
  std::vector<size_t> marks_;
};

}  // namespace thaw::weights::pickle
