// What REDUCE, NEWOBJ and BINPERSID mean, done by hand: no function of the file's choosing runs.
#pragma once

#include "engine/weights/pickle.h"

namespace thaw::weights::pickle {

// A new value of `into`; throws when there are too many.
Value* make(Pickle& into, Kind kind);

// The result of `function(*arguments)`; both come from the stack.
Value* apply(Pickle& into, const Value& function, const Value& arguments);

// The storage that ('storage', class, key, location, elements[, view]) stands for.
Value* storage_of(Pickle& into, const Value& id);

}  // namespace thaw::weights::pickle
