// SPDX-License-Identifier: MIT
#include "engine/kernels/kernel.h"

namespace kws::engine {

// Here and not in the header, or every instruction set's files would bring their own copy of it and
// of the vtable, and the linker would keep any of them.
Kernel::~Kernel() = default;

}  // namespace kws::engine
