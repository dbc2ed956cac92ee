#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Turns what script/bench has measured into docs/benchmarks.md, goals and misses first.

    report.py RESULTS --command "script/bench" --load 0.1 > docs/benchmarks.md
"""
import argparse
import datetime
import json
import os
import platform
import re
import statistics
import subprocess

ORT, INT8 = "of_onnx_runtime_fp32", "of_best_int8"
PEER = {ORT: "ONNX Runtime's fp32 window", INT8: "the best int8 window of a peer"}
# Ours: network, what, precision; beside what; at most.
PEER_GOALS = [
    ("DS128 49x40", "hop", "fp32", ORT, 0.165),
    ("DS128 49x40", "hop", "int8", INT8, 0.12),
    ("DS128 49x40", "hop, streaming", "fp32", ORT, 0.055),
    ("DS128 49x40", "window", "fp32", ORT, 1.0),
    ("DS256 49x40", "window", "fp32", ORT, 1.0),
    ("DS128 49x10", "window", "fp32", ORT, 1.0),
    ("DS256 49x10", "window", "fp32", ORT, 1.0),
    ("CNN128 49x40", "window", "fp32", ORT, 1.07),
    ("DS128 49x40", "window", "int8", INT8, 0.75),
    ("DS128 49x10", "window", "int8", INT8, 0.75),
    ("DS256 49x40", "window", "int8", INT8, 0.9),
    ("DS256 49x10", "window", "int8", INT8, 0.9),
    ("CNN128 49x40", "window", "int8", INT8, 1.0),
]
SPARSE = {80: 0.7, 90: 0.4}  # per cent of zeros: of our dense fp32 time
CHOSEN = 0.9  # of our dense time at most, in the cost model's eyes
LOAD_MS = 5.0
MFCC_OF_FFT = 2.2
MFCC_OF_NUMPY = 1 / 15
TRAINING_OF_PYTORCH = 0.6


def table(head, rows, words=1):
    """Markdown; so many columns of words to the left, the others, numbers, to the right."""
    lines = [head, ["---"] * words + ["--:"] * (len(head) - words)] + rows
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines) + "\n"


def read(folder, name):
    with open(os.path.join(folder, name + ".json")) as file:
        return json.load(file)


def read_sparse(folder):
    """The lines of sparse_bench."""
    line = re.compile(r"(?P<set>\S+) +(?P<type>\S+) +(?P<kind>\S+) +(?P<inputs>\d+)x(?P<outputs>\d+) +"
                      r"(?P<positions>\d+) positions +zeros (?P<zeros>\d+) % +dense +"
                      r"(?P<dense_us>\S+) us +sparse +(?P<sparse_us>\S+) us +ratio (?P<ratio>\S+) +"
                      r"model (?P<model>\S+)")
    with open(os.path.join(folder, "sparse.txt")) as file:
        rows = [line.match(text).groupdict() for text in file]
    words = ("set", "type", "kind")
    return [{key: value if key in words else float(value) for key, value in row.items()}
            for row in rows]


def verdict(value, goal):
    return "met" if value <= goal else "**missed**"


def goal_row(what, value, beside, goal):
    return [what, f"{value:.3g} {beside}".strip(), f"≤ {goal:.3g}", verdict(value, goal)]


def peer_goals(networks):
    """Rows of the goals' table, and what could not be measured."""
    rows, missing = [], []
    for name, what, precision, key, goal in PEER_GOALS:
        found = [row for network in networks if network["network"] == name
                 for row in network["rows"]
                 if (row["who"], row["what"], row["precision"]) == ("kws", what, precision)]
        label = f"{what.replace('hop, streaming', 'hop without padding in time')}, {precision}, {name}"
        if found and key in found[0]:
            rows.append(goal_row(label, found[0][key]["median"], "× " + PEER[key], goal))
        else:
            missing.append(label)
    return rows, missing


def peers_section(networks):
    rows = []
    for network in networks:
        for row in network["rows"]:
            cells = [f"{row[key]['median']:.3f} ({row[key]['least']:.3f})" if key in row else "–"
                     for key in (ORT, INT8)]
            rows.append([network["network"], row["who"], f"{row['what']}, {row['precision']}",
                         f"{row['median_us']:.1f}", f"{row['least_us']:.1f}"] + cells)
    best = {network["network"]: row[INT8]["who"] for network in networks
            for row in network["rows"] if INT8 in row}
    return ("Equal networks with random weights, one thread, in turns of a few milliseconds"
            " ([bench/peers](../bench/peers/README.md)). Ratios are medians over the turns, in brackets of"
            " the minima. The best int8 peer: "
            + ", ".join(f"{who} for {name}" for name, who in best.items())
            + ". *hop, streaming*: the network without padding in time.\n\n"
            + table(["network", "who", "what", "median µs", "least µs", "× ONNX Runtime fp32",
                     "× best int8"], rows, words=3))


def repetitions(benchmark):
    """Name → repetitions, in order."""
    found = {}
    for row in benchmark["benchmarks"]:
        if row["run_type"] == "iteration":
            found.setdefault(row["run_name"], []).append(row)
    return found


def times(rows, clock, digits=1):
    values = [row[clock] for row in rows]
    return [f"{statistics.median(values):.{digits}f}", f"{min(values):.{digits}f}"]


def engine_section(engine):
    runs = repetitions(engine)
    rows = []
    for name, window in runs.items():
        if not name.startswith("window/"):
            continue
        hop = runs[name.replace("window/", "hop/")]
        least_us, least_hop_us = (min(row["cpu_time"] for row in each) for each in (window, hop))
        mmac = window[0]["MMAC"]
        rows.append([name.removeprefix("window/"), f"{mmac:.1f}", *times(window, "cpu_time"),
                     f"{2e3 * mmac / least_us:.0f}", *times(hop, "cpu_time"), f"{least_hop_us / least_us:.3f}",
                     f"{window[0]['arena_kB']:.0f}", f"{hop[0]['arena_kB']:.0f}"])
    return ("`engine_bench`, processor time; GOP/s and the hop's share of a window are of the minima.\n\n"
            + table(["network", "MMAC", "window µs", "least", "GOP/s", "hop µs", "least", "share",
                     "arena of windows, kB", "of hops"], rows))


def sparse_section(sparse):
    rows = [[row["set"], row["type"], row["kind"], f"{row['inputs']:.0f}x{row['outputs']:.0f}",
             f"{row['positions']:.0f}", f"{row['zeros']:.0f}",
             f"{row['dense_us']:.2f}", f"{row['sparse_us']:.2f}", f"{row['ratio']:.2f}",
             f"{row['model']:.2f}"] for row in sparse]
    return ("`sparse_bench`: layers with random zeros, the sparse kernel beside the dense one, and "
            f"the ratio that the cost model takes it for; a plan takes the sparse one below {CHOSEN}.\n\n"
            + table(["set", "type", "layer", "weights", "positions", "zeros %", "dense µs", "sparse µs", "ratio",
                     "model"], rows, words=3))


def load_section(load):
    return ("`load_bench`: a model file, in the page cache, to its first posterior.\n\n"
            + table(["model", "median ms", "least"],
                    [[name.removeprefix("load/"), *times(rows, "real_time", digits=2)]
                     for name, rows in repetitions(load).items()]))


def streams_section(streams):
    rows = []
    for name, runs in repetitions(streams).items():
        _, model, count = name.split("/")
        share = statistics.median(row["a_hop"] for row in runs) * 1e6
        carried = statistics.median(row["at_real_time"] for row in runs)
        rows.append([model, count, f"{share:.1f}", f"{carried:.0f}"])
    return ("`streams_bench`, processor time: streams of one plan take turns, each with front end, sound and state of its"
            " own. The last column is how many such hops fit into the time of one; it holds where it is no"
            " more than the streams measured, and is what caches allow beyond.\n\n"
            + table(["model", "streams", "µs a hop", "at real time"], rows))


def shipped_section(folder):
    rows = []
    for name in sorted(os.listdir(folder)):
        if not name.startswith("kws-"):
            continue
        report = read(folder, name.removesuffix(".json"))
        stages = ["/".join(f"{report[stage][p]:.1f}" for p in ("p50", "p95", "p99"))
                  for stage in ("front_end_us", "window_us", "hop_us")]
        rows.append([name.removeprefix("kws-").removesuffix(".json"), *stages, f"{report['load_ms']:.2f}",
                     f"{report['arena_bytes'] / 1e3:.0f}", f"{report['resident_bytes'] / 1e6:.1f}",
                     report["streams_per_core"], report["kernels"]])
    return ("`kws bench`; p50/p95/p99 in microseconds.\n\n"
            + table(["model", "front end", "window", "hop", "load ms", "arena kB", "resident MB",
                     "streams a core", "kernels"], rows))


def features_section(features):
    return ("`features_peers.py`: one hop of MFCC (40/20 ms, 40 mels, 40 coefficients).\n\n"
            + table(["what", "µs"], [["bare FFT of 640 samples", f"{features['fft_ns'] / 1e3:.3f}"],
                                     ["kws", f"{features['mfcc_ns'] / 1e3:.3f}"],
                                     ["numpy", f"{features['numpy_ns'] / 1e3:.3f}"]]))


def training_section(training):
    return ("`train_step/compare.py`: DS128 49x40, batch 32, Adam; PyTorch in its better layout.\n\n"
            + table(["threads", "kws ms", "PyTorch ms", "ratio", "ratio of minima"],
                    [[row["threads"], f"{row['kws_ms']:.1f}", f"{row['pytorch_ms']:.1f}",
                      f"{row['median_ratio']:.2f}", f"{row['least_ratio']:.2f}"] for row in training]))


def machine():
    with open("/proc/cpuinfo") as file:
        text = file.read()
    name = re.search(r"^(?:model name|Model)\s*:\s*(.*)$", text, re.M)
    compiler = subprocess.run(["c++", "--version"], capture_output=True, text=True, check=True)
    return (f"{name.group(1) if name else platform.machine()}, {os.cpu_count()} cores, "
            f"{platform.system()} {platform.release()}, {compiler.stdout.splitlines()[0]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results")
    parser.add_argument("--command", required=True)
    parser.add_argument("--load", type=float, required=True, help="load average before the start")
    options = parser.parse_args()

    networks = read(options.results, "peers")
    load = read(options.results, "load")
    features = read(options.results, "features")
    training = read(options.results, "training")
    goals, missing = peer_goals(networks)
    for name, rows in repetitions(load).items():
        goals.append(goal_row(f"load to first posterior, {name.removeprefix('load/')}",
                              statistics.median(row["real_time"] for row in rows), "ms", LOAD_MS))
    sparse = read_sparse(options.results)
    for row in sparse:
        goal = SPARSE.get(row["zeros"])
        if (row["type"], row["kind"]) == ("fp32", "pointwise") and row["inputs"] >= 128 and goal:
            what = (f"pointwise {row['inputs']:.0f}x{row['outputs']:.0f}, "
                    f"{row['positions']:.0f} positions, {row['zeros']:.0f} % zeros, {row['set']}")
            goals.append(goal_row(what, row["ratio"], "× dense", goal))
    for name in dict.fromkeys(row["set"] for row in sparse if row["type"] == "int8"):
        chosen = [row["ratio"] for row in sparse
                  if (row["set"], row["type"]) == (name, "int8") and row["model"] < CHOSEN]
        if chosen:
            goals.append(goal_row(f"int8 pointwise, the worst where sparse is chosen, {name}",
                                  max(chosen), "× dense", 1.0))
    goals.append(goal_row("MFCC hop", features["of_fft"], "× a bare FFT", MFCC_OF_FFT))
    goals.append(goal_row("MFCC hop", features["of_numpy"], "× numpy", MFCC_OF_NUMPY))
    for row in training:
        threads = f"{row['threads']} thread" + ("s" if row["threads"] > 1 else "")
        goals.append(goal_row(f"training step, {threads}", row["median_ratio"], "× PyTorch",
                              TRAINING_OF_PYTORCH))

    print("# Benchmarks\n")
    print(f"Written by `{options.command}` on {datetime.date.today()}.  ")
    print(f"Machine: {machine()}; one core, pinned.\n")
    if options.load > 0.5:
        print(f"**The machine was busy** (load average {options.load} before the start): trust ratios"
              " alone, and those with care.\n")
    if "--quick" in options.command.split():
        print("A quick run: figures are rough.\n")
    print("Clocks drift, so ratios within one run count, not microseconds.\n")
    print("## Goals\n")
    print(table(["what", "measured", "goal", ""], goals, words=4))
    if missing:
        print("Not measured: " + "; ".join(missing) + ".\n")
    for title, text in (("Beside the peers", peers_section(networks)),
                        ("Window and hop", engine_section(read(options.results, "engine"))),
                        ("The shipped models", shipped_section(options.results)),
                        ("Zeros", sparse_section(sparse)),
                        ("Load", load_section(load)),
                        ("Many streams on one core", streams_section(read(options.results, "streams"))),
                        ("Features", features_section(features)),
                        ("A training step", training_section(training))):
        print(f"## {title}\n\n{text}")


if __name__ == "__main__":
    main()
