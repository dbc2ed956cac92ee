# SPDX-License-Identifier: MIT
#
# CMake toolchain: builds for 64-bit Arm on a Debian of another architecture, whose cross compiler
# and :arm64 libraries script/build-arm64 installs. Tests run under qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64)
# Multiarch: headers are shared, libraries and their descriptions lie in folders of their own.
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)
