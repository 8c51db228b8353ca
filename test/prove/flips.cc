#include "proof.h"
namespace prove {
int prove_flips(Zygote&, const Asked&) { return 1; }
}  // namespace prove
