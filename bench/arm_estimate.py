#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An estimate of the engine's speed on Raspberry Pis without one at hand.

    script/build-arm64 && bench/arm_estimate.py [OBJECT]

Takes the inner loop of the pointwise convolution out of the NEON object file (conv2d.cc.o of
build/arm64), lets llvm-mca work out its cycles on each processor, and scales that to the
multiply-accumulates of DS-CNN-128 on 49 frames of 40 bins: 16.52 M for a whole window, 2.66 M for
one hop. Needs llvm-14 and binutils-aarch64-linux-gnu. What it leaves out: misses of the caches, the
edges of layers, depthwise layers (which have fewer multiply-adds for each load). So it is what the
multipliers would allow, not what a Pi was seen to do.
"""
import re
import subprocess
import sys
import tempfile

OBJECT = "build/arm64/src/engine/CMakeFiles/kws_engine_f32_neon.dir/kernels/f32/conv2d.cc.o"
FUNCTION = "run_block<6ul, 4ul>"  # 6 positions times 4 vectors of 4 output channels
MACS_PER_LOOP = 6 * 4 * 4
WORK = {"window": 16.52e6, "hop": 2.66e6}
# Processor, clock in GHz, board. LLVM 14 has no model of its own for the A76: it takes the A57's.
PROCESSORS = [("cortex-a53", 1.0, "Zero 2 W"), ("cortex-a72", 1.5, "Pi 4"), ("cortex-a76", 2.4, "Pi 5")]


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def inner_loop(path):
    """The instructions of the loop in FUNCTION that has a multiply-add for each accumulator."""
    listing = run("aarch64-linux-gnu-objdump", "-d", "-C", "--no-show-raw-insn", path)
    for function in re.split(r"\n(?=[0-9a-f]+ <)", listing):
        if FUNCTION not in function.split("\n", 1)[0]:
            continue
        lines = re.findall(r"^ *([0-9a-f]+):\s*(.+)$", function, re.M)
        addresses = [int(address, 16) for address, _ in lines]
        for at, (_, text) in enumerate(lines):
            jump = re.match(r"b\.\w+\s+([0-9a-f]+)", text)
            if not jump or int(jump[1], 16) not in addresses[:at]:
                continue
            body = [text for _, text in lines[addresses.index(int(jump[1], 16)) : at]]
            if sum(text.startswith("fmla") for text in body) == 24:
                return [re.sub(r"\s*(//|<).*", "", text) for text in body]
    sys.exit(f"{path}: no loop of 24 multiply-adds in {FUNCTION}")


def cycles(body, processor):
    with tempfile.NamedTemporaryFile("w", suffix=".s") as source:
        source.write("\n".join(body) + "\n")
        source.flush()
        report = run("llvm-mca-14", "-mtriple=aarch64", f"-mcpu={processor}", "-iterations=1000", source.name)
    return int(re.search(r"Total Cycles:\s+(\d+)", report)[1]) / 1000


def main():
    body = inner_loop(sys.argv[1] if len(sys.argv) > 1 else OBJECT)
    print(f"inner loop: {len(body)} instructions, {MACS_PER_LOOP} multiply-accumulates")
    print("processor    board      clock   cycles  MAC/cycle  GFLOP/s   window, ms   hop, ms   (estimates)")
    for processor, clock_ghz, board in PROCESSORS:
        loop = cycles(body, processor)
        rate = MACS_PER_LOOP / loop
        window, hop = (macs / rate / clock_ghz * 1e-6 for macs in WORK.values())
        print(f"{processor:12} {board:10} {clock_ghz} GHz {loop:6.1f} {rate:10.2f} {2 * rate * clock_ghz:8.1f}"
              f" {window:12.2f} {hop:9.2f}")


main()
