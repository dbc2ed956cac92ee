#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How many bytes a second a program sends to its terminal, and in how many writes.

    bench/screen_bytes.py 80x24 30 build/release/bin/kws monitor --input models/demo/demo.flac

Runs the command on a pseudo terminal of that size for so many seconds after its first output,
presses `q`, and prints what came. The first second (the whole screen) is counted apart.
"""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    width, height = (int(part) for part in sys.argv[1].split("x"))
    seconds = float(sys.argv[2])
    ready, go = os.pipe()
    pid, terminal = pty.fork()
    if pid == 0:
        os.close(go)
        os.read(ready, 1)  # until the terminal has its size
        os.environ.setdefault("TERM", "xterm-256color")
        os.environ.setdefault("LC_ALL", "C.UTF-8")
        os.execvp(sys.argv[3], sys.argv[3:])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
    os.close(go)

    start = None
    first = rest = reads = 0
    asked = False
    while True:
        readable, _, _ = select.select([terminal], [], [], 0.05)
        now = time.monotonic()
        if readable:
            try:
                got = os.read(terminal, 1 << 16)
            except OSError:
                break
            if not got:
                break
            start = start or now
            if now - start < 1.0:
                first += len(got)
            elif not asked:
                rest += len(got)
                reads += 1
        if start and now - start >= 1.0 + seconds and not asked:
            os.write(terminal, b"q")
            asked = True
        if asked and now - start > seconds + 11.0:
            os.kill(pid, signal.SIGKILL)
            break
    _, status = os.waitpid(pid, 0)
    print(f"{width}x{height}: {first} bytes in the first second, then {rest / seconds:.0f} bytes/s "
          f"in {reads / seconds:.1f} writes/s over {seconds:.0f} s; exit status {status >> 8}")


main()
