#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One training step of DS-CNN-128 (49x40, batch 32, Adam), ours beside PyTorch's, in one run.

  compare.py BUILD/bin/train_step [--rounds 3] [--threads 1,2] [--python /usr/bin/python3]

The two take turns, so that a slow spell of the machine meets both; what counts is the round in
which the two together were fastest. With one thread both are pinned to the same core. PyTorch gets
malloc settings that keep its memory (without them it is slower) and its better layout counts.
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
        rounds = []
        for _ in range(options.rounds):
            command = [options.program, "--threads", str(threads), "--steps", str(options.steps)]
            ours = tuple(float(ms) for ms in run(command, threads).split())
            output = run([options.python, torch_step, str(threads), str(options.steps)], threads, MALLOC)
            layouts = {}
            for line in output.splitlines():
                name, median, least = line.split()
                layouts[name] = (float(median), float(least))
            best = min(layouts, key=lambda name: layouts[name][0])
            rounds.append((ours, layouts[best], best))
            print(
                f"threads {threads}: kws {ours[0]:.1f} ms (least {ours[1]:.1f}), PyTorch {best} "
                f"{layouts[best][0]:.1f} ms (least {layouts[best][1]:.1f}), "
                f"ratio {ours[0] / layouts[best][0]:.2f} (of the least {ours[1] / layouts[best][1]:.2f})",
                flush=True,
            )
        ours, theirs, _ = min(rounds, key=lambda item: item[0][0] + item[1][0])
        print(f"threads {threads}: ratio {ours[0] / theirs[0]:.2f} in the least disturbed round")


main()
