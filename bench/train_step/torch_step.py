#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""PyTorch's time for the step of train_step.cc: DS-CNN-128 on 49x40 features, batch 32, Adam.

  torch_step.py THREADS [STEPS]

Prints "LAYOUT MEDIAN LEAST PROCESSOR" for channels-first and channels-last activations: milliseconds a
step as train_step.cc counts them.
"""
import sys
import time

import torch
from torch import nn

CHANNELS, LABELS, BATCH, FRAMES, BINS = 128, 8, 32, 49, 40
WARM_UP = 5


def conv_bn_relu(inputs, outputs, kernel, stride=1, padding=0, groups=1):
    return [
        nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    ]


def build():
    layers = conv_bn_relu(1, CHANNELS, 3, stride=2)
    for _ in range(2):
        layers += conv_bn_relu(CHANNELS, CHANNELS, 3, padding=1, groups=CHANNELS)
        layers += conv_bn_relu(CHANNELS, CHANNELS, 1)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(CHANNELS, LABELS))


def main():
    torch.set_num_threads(int(sys.argv[1]))
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    torch.manual_seed(0)
    for layout in (torch.contiguous_format, torch.channels_last):
        model = build().to(memory_format=layout).train()
        features = torch.randn(BATCH, 1, FRAMES, BINS).contiguous(memory_format=layout)
        labels = torch.randint(0, LABELS, (BATCH,))
        optimiser = torch.optim.Adam(model.parameters(), 1e-3)
        loss = nn.CrossEntropyLoss()
        times, processor_times = [], []
        for step in range(WARM_UP + steps):
            start, used_before = time.perf_counter(), time.process_time()
            optimiser.zero_grad(set_to_none=True)
            loss(model(features), labels).backward()
            optimiser.step()
            if step >= WARM_UP:
                times.append(1e3 * (time.perf_counter() - start))
                processor_times.append(1e3 * (time.process_time() - used_before))
        times.sort()
        processor_times.sort()
        half = len(times) // 2
        name = "channels-last" if layout is torch.channels_last else "channels-first"
        print(f"{name} {times[half]:.3f} {times[0]:.3f} {processor_times[half]:.3f}", flush=True)


main()
