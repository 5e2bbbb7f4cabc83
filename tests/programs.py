"""Programs that what is tested has started."""

from pathlib import Path

import psutil


def programs(folder: Path) -> list[int]:
    """The processes below this one that work in a folder."""
    found: list[int] = []
    for child in psutil.Process().children(recursive=True):
        try:
            if any(str(folder) in argument for argument in child.cmdline()):
                found.append(child.pid)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return found
