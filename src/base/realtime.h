// SPDX-License-Identifier: MIT
//
// Marks what the capture callback and the recogniser's hop may reach: no allocation, no lock, no
// I/O, no exception. Compilers that can check the mark (clang 20) do; for the others it is a word
// to the reader, held by tests/support/allocation_guard.h.
#pragma once

#if defined(__clang__) && __has_cpp_attribute(clang::nonblocking)
#define KWS_REALTIME [[clang::nonblocking]]
#else
#define KWS_REALTIME
#endif
