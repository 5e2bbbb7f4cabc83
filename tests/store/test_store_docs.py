"""What docs/store.md says is so."""

import re
import subprocess
import sys
from pathlib import Path

from botcore.store.tables import metadata

ROOT = Path(__file__).parents[2]
DOC = (ROOT / "docs/store.md").read_text(encoding="utf-8")


def test_every_table_is_described() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", DOC, re.MULTILINE)) == set(metadata.tables)


def test_the_example_runs(tmp_path: Path) -> None:
    (snippet,) = re.findall(r"```python\n(.*?)```", DOC, re.DOTALL)
    program = f"import asyncio, sys\nsys.path.insert(0, {str(ROOT)!r})\n{snippet}\nasyncio.run(example())\n"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "hello\n"
    assert (tmp_path / "data/botcore.db").exists()
