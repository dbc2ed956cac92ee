#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes the goldens of the front ends: numpy in double precision, from docs/features.md.

    /usr/bin/python3 tests/golden/make_feature_goldens.py           writes them
    /usr/bin/python3 tests/golden/make_feature_goldens.py --check   compares, writes nothing

features/sound.s16 is 200 ms of raw signed 16-bit little-endian samples (or 400 ms, when a case
takes them for 8 kHz): a pause, a voice-like pulse train, a sweep, and noise over all but the pause.
"""
import pathlib
import sys
import tomllib

import numpy as np

FOLDER = pathlib.Path(__file__).parent / "features"


def make_sound():
    samples = np.arange(3200)
    noise = np.random.default_rng(20240).random(3200) - 0.5
    pulses = np.where(samples % 131 == 0, 1.0, 0.0)
    voice = np.convolve(pulses, 0.96 ** np.arange(400) * np.cos(0.4 * np.arange(400)))[:3200]
    sweep = np.sin(2 * np.pi * (0.01 * samples + 0.00006 * samples**2))
    sound = 0.05 * noise + 0.4 * voice + np.where(samples > 2000, 0.3 * sweep, 0.0)
    sound[:700] = 0.0
    return np.round(32767 * np.clip(sound, -1, 1)).astype("<i2")


def hertz_to_mel(hertz):
    return 1127.0 * np.log(1.0 + np.asarray(hertz) / 700.0)


def mel_matrix(case, frame):
    """Shape [bins, mels]; triangles linear in mel, bin 0 left out."""
    edges = np.linspace(hertz_to_mel(case["f_lo_hz"]), hertz_to_mel(case["f_hi_hz"]),
                        case["mels"] + 2)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    mels = hertz_to_mel(np.arange(frame // 2 + 1) * case["sample_rate_hz"] / frame)[:, None]
    weights = np.maximum(0.0, np.minimum((mels - low) / (centre - low),
                                         (high - mels) / (high - centre)))
    weights[0] = 0.0
    return weights


def dct_matrix(mels, coeffs, scale):
    """Shape [mels, coeffs]."""
    m, k = np.mgrid[:mels, :coeffs]
    matrix = np.sqrt(2.0 / mels) * np.cos(np.pi * k * (m + 0.5) / mels)
    if scale == "orthonormal":
        matrix[:, 0] /= np.sqrt(2.0)
    return matrix


def features(case, sound):
    """Shape [frames, bins]."""
    frame = round(case["frame_ms"] * case["sample_rate_hz"] / 1000)
    hop = round(case["hop_ms"] * case["sample_rate_hz"] / 1000)
    frames = np.lib.stride_tricks.sliding_window_view(sound, frame)[::hop]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frame) / frame)
    spectrum = np.abs(np.fft.rfft(frames * window))
    if case.get("spectrum") == "power":
        spectrum = spectrum**2
    logs = np.log(spectrum @ mel_matrix(case, frame) + 1e-6)
    if case["kind"] == "logmel":
        return logs
    return logs @ dct_matrix(case["mels"], case["coeffs"], case.get("dct"))


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit(__doc__)
    sound = make_sound()
    if check:
        stored = np.fromfile(FOLDER / "sound.s16", "<i2")
        if not np.array_equal(stored, sound):
            sys.exit("sound.s16 differs")
    else:
        sound.tofile(FOLDER / "sound.s16")
    cases = tomllib.loads((FOLDER / "cases.toml").read_text())
    for name, case in cases.items():
        rows = features(case, sound / 32768.0)
        path = FOLDER / f"{name}.csv"
        if check:
            if not np.allclose(np.loadtxt(path, delimiter=",", ndmin=2), rows, rtol=0, atol=1e-6):
                sys.exit(f"{path.name} differs")
        else:
            np.savetxt(path, rows, fmt="%.7f", delimiter=",")


if __name__ == "__main__":
    main()
