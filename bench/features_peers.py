#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How much faster is our MFCC hop than the same formulas in numpy, and how near to a bare FFT?

    /usr/bin/python3 bench/features_peers.py build/bench/bin/features_bench [--json]

Runs numpy and features_bench in turns on the same core, so that a drifting clock slows both alike,
and prints the medians of the ratios. Keep the machine quiet meanwhile.
"""
import json
import os
import statistics
import subprocess
import sys
import time

import numpy as np

RATE, FRAME, HOP, MELS, F_LO, F_HI = 16000, 640, 320, 40, 20.0, 4000.0
ROUNDS, CALLS = 7, 2000


def tables():
    """Window [frame], mel matrix [bins, mels] and DCT [mels, coeffs] as in docs/features.md."""
    def mel(hertz):
        return 1127.0 * np.log1p(hertz / 700.0)

    edges = np.linspace(mel(F_LO), mel(F_HI), MELS + 2)
    bins = mel(np.arange(FRAME // 2 + 1) * RATE / FRAME)[:, None]
    slopes = np.minimum((bins - edges[:-2]) / np.diff(edges)[:-1],
                        (edges[2:] - bins) / np.diff(edges)[1:])
    weights = np.maximum(0.0, slopes)
    weights[0] = 0.0
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)
    m, k = np.mgrid[:MELS, :MELS]
    dct = np.sqrt(2.0 / MELS) * np.cos(np.pi * k * (m + 0.5) / MELS)
    return [table.astype(np.float32) for table in (window, weights, dct)]


def mfcc(frame, window, weights, dct):
    spectrum = np.abs(np.fft.rfft(frame * window)).astype(np.float32)
    return np.log(spectrum @ weights + np.float32(1e-6)) @ dct


def numpy_hop_us():
    sound = (0.1 * np.random.default_rng(1).standard_normal(RATE)).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(sound, FRAME)[::HOP]
    arguments = tables()
    times = []
    for call in range(CALLS):
        start = time.perf_counter()
        mfcc(frames[call % len(frames)], *arguments)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--json"]):
        sys.exit("usage: features_peers.py FEATURES_BENCH [--json]")
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # children inherit it
    rounds = []
    for _ in range(ROUNDS):
        ours = json.loads(subprocess.check_output([sys.argv[1], "--json"]))
        peer_us = numpy_hop_us()
        rounds.append((ours["fft_ns"], ours["mfcc_ns"], ours["mfcc_ratio"], peer_us * 1e3,
                       peer_us * 1e3 / ours["mfcc_ns"]))
    fft, hop, over_fft, peer, faster = (statistics.median(column) for column in zip(*rounds))
    if sys.argv[2:]:
        print(json.dumps({"fft_ns": fft, "mfcc_ns": hop, "numpy_ns": peer, "of_fft": over_fft,
                          "of_numpy": 1 / faster}))
        return
    print(f"bare FFT of {FRAME} samples  {fft:8.1f} ns")
    print(f"MFCC hop, kws            {hop:8.1f} ns   {over_fft:.2f} x the FFT (goal 2.2)")
    print(f"MFCC hop, numpy {np.__version__:8s} {peer:8.1f} ns   kws takes 1/{faster:.1f} of it (goal 1/15)")


if __name__ == "__main__":
    main()
