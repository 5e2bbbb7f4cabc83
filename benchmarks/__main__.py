"""`python -m benchmarks`: the whole bot against a bare one."""

from benchmarks.bench_bot import main

main()
