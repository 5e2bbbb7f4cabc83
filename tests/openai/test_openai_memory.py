"""A training file of 200 MB passes with less than 40 MB of extra memory, up and down."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks/bench_uploads.py"
CASES = ("up, a path", "up, chunks", "up, chunks of unknown length", "down, chunks", "down, to a file")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the peak of memory is read from /proc (Linux)")
@pytest.mark.parametrize("case", CASES)
def test_a_large_file_passes_in_pieces(case: str) -> None:
    command = [sys.executable, str(BENCHMARK), "--only", case]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=50)
    (line,) = (line for line in done.stdout.splitlines() if line.startswith(case))
    extra, speed, _ = line.removeprefix(case).split()
    assert float(extra) < 40
    assert float(speed) > 0
