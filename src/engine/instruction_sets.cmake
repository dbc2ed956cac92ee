# SPDX-License-Identifier: MIT
#
# One source, compiled once per instruction set into one program.
#
#   kws_kernels(engine f32 SETS generic avx2 avx512 neon SOURCES kernels/f32/conv2d.cc ... USES nn)
#
# compiles the sources once for each of SETS that the architecture has, with the flags below and
# KWS_INSTRUCTION_SET defined as the name of the set, and adds the objects to kws_engine. All that
# the sources define lies in a namespace of that name, or has none outside its file, so that the
# linker never takes the code of one set for that of another; tests/structure looks into the
# objects and holds it.

# The features that instruction_set.cc asks the processor for, and no more. Empty: what the compiler
# takes for the architecture.
set(kws_flags_generic "")
set(kws_flags_avx2 -mavx2 -mfma)
set(kws_flags_avx512 ${kws_flags_avx2} -mavx512f -mavx512bw -mavx512cd -mavx512dq -mavx512vl
    -mprefer-vector-width=512)
set(kws_flags_avx512vnni ${kws_flags_avx512} -mavx512vnni)
set(kws_flags_neon "")
set(kws_flags_neon_dotprod -march=armv8.2-a+dotprod)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set(kws_instruction_sets generic avx2 avx512 avx512vnni)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  set(kws_instruction_sets neon neon_dotprod)
else()
  set(kws_instruction_sets generic)
endif()

function(kws_kernels library namespace)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "SETS;SOURCES;USES")
  list(TRANSFORM arg_USES PREPEND kws::)
  foreach(set IN LISTS arg_SETS)
    if(NOT set IN_LIST kws_instruction_sets)
      continue()
    endif()
    set(target kws_${library}_${namespace}_${set})
    add_library(${target} OBJECT ${arg_SOURCES})
    set_target_properties(${target} PROPERTIES KWS_INSTRUCTION_SET ${set})
    target_compile_definitions(${target} PRIVATE KWS_INSTRUCTION_SET=${set})
    # Optimised in every build: unoptimised, kernels are fifty times slower, the tests of a debug
    # build would not try the code that people run, and templates of the standard library that are
    # not inlined would be shared between the sets.
    target_compile_options(${target} PRIVATE ${kws_flags_${set}} $<$<NOT:$<CONFIG:Release>>:-O2>)
    target_link_libraries(${target} PRIVATE kws_options ${arg_USES})
    target_sources(kws_${library} PRIVATE $<TARGET_OBJECTS:${target}>)
    set_property(GLOBAL APPEND PROPERTY KWS_KERNEL_TARGETS ${target})
  endforeach()
endfunction()
