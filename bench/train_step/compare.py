#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One training step of DS-CNN-128 (49x40, batch 32, Adam), ours beside PyTorch's, in one run.

  compare.py BUILD/bin/train_step [--rounds 3] [--threads 1,2] [--json]

The two take turns, so that a slow spell of the machine meets both; PyTorch's better layout counts, and
it gets malloc settings that keep its memory (without them it is slower). One thread is pinned to one
core. On a machine that does other things as well, look at the processor time and at the least.
"""
import argparse
import json
import os
import statistics
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


def compare(program, threads, options):
    """Once each: (ours, PyTorch's), both [median, least, processor] in ms, and PyTorch's layout."""
    torch_step = os.path.join(os.path.dirname(os.path.abspath(__file__)), "torch_step.py")
    command = [program, "--threads", str(threads), "--steps", str(options.steps)]
    ours = [float(ms) for ms in run(command, threads).split()]
    command = [options.python, torch_step, str(threads), str(options.steps)]
    layouts = {}
    for line in run(command, threads, MALLOC).splitlines():
        name, *numbers = line.split()
        layouts[name] = [float(ms) for ms in numbers]
    best = min(layouts, key=lambda name: layouts[name][2])
    return ours, layouts[best], best


def summary(threads, rounds):
    """Of all rounds with so many threads."""
    return {
        "threads": threads,
        "kws_ms": statistics.median(own[0] for own, _, _ in rounds),
        "pytorch_ms": statistics.median(other[0] for _, other, _ in rounds),
        "median_ratio": statistics.median(own[0] / other[0] for own, other, _ in rounds),
        "least_ratio": min(own[1] for own, _, _ in rounds) / min(other[1] for _, other, _ in rounds),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--python", default="/usr/bin/python3")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    summaries = []
    for threads in (int(count) for count in options.threads.split(",")):
        rounds = []
        for _ in range(options.rounds):
            rounds.append(compare(options.program, threads, options))
            ours, theirs, layout = rounds[-1]
            for what, own, other in zip(("median", "least", "processor"), ours, theirs):
                if not options.json:
                    print(
                        f"threads {threads}  {what:9}  kws {own:7.2f} ms  PyTorch {layout} {other:7.2f} ms"
                        f"  ratio {own / other:.2f}",
                        flush=True,
                    )
        summaries.append(summary(threads, rounds))
    if options.json:
        print(json.dumps(summaries))


main()
