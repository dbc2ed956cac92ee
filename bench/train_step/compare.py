#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One training step of DS-CNN-128 (49x40, batch 32, Adam), ours beside PyTorch's, in one run.

  compare.py BUILD/bin/train_step [--rounds 3] [--threads 1,2] [--python /usr/bin/python3]

The two take turns, so that a slow spell of the machine meets both; PyTorch's better layout counts, and
it gets malloc settings that keep its memory (without them it is slower). One thread is pinned to one
core. On a machine that does other things as well, look at the processor time and at the least.
"""
import argparse
import os
import subprocess

MALLOC = {
    "MALLOC_TOP_PAD_": "268435456",
    "MALLOC_MMAP_THRESHOLD_": "1073741824",
    "MALLOC_TRIM_THRESHOLD_": "4294967296",
}


def run(command, threads, environment=None):
    pinned = ["taskset", "-c", ",".join(str(core) for core in range(threads))] + command
    env = dict(os.environ, OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads))
    env.update(environment or {})
    return subprocess.run(pinned, env=env, check=True, capture_output=True, text=True).stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--python", default="/usr/bin/python3")
    options = parser.parse_args()
    torch_step = os.path.join(os.path.dirname(os.path.abspath(__file__)), "torch_step.py")
    for threads in (int(count) for count in options.threads.split(",")):
        for _ in range(options.rounds):
            command = [options.program, "--threads", str(threads), "--steps", str(options.steps)]
            ours = [float(ms) for ms in run(command, threads).split()]
            command = [options.python, torch_step, str(threads), str(options.steps)]
            layouts = {}
            for line in run(command, threads, MALLOC).splitlines():
                name, *numbers = line.split()
                layouts[name] = [float(ms) for ms in numbers]
            best = min(layouts, key=lambda name: layouts[name][2])
            for what, own, other in zip(("median", "least", "processor"), ours, layouts[best]):
                print(
                    f"threads {threads}  {what:9}  kws {own:7.2f} ms  PyTorch {best} {other:7.2f} ms"
                    f"  ratio {own / other:.2f}",
                    flush=True,
                )


main()
