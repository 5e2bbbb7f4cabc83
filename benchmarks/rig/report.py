"""What was seen in all rounds, and the table of it."""

import statistics
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

_NAMES = ("botcore", "bare")


@dataclass(slots=True)
class Report:
    """The figures of each round, by what they are and whose."""

    seen: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))

    def note(self, name: str, part: str, figures: Mapping[str, float]) -> None:
        """Keep and print what one round of a part showed of one bot."""
        for what, value in figures.items():
            self.seen[f"{part}: {what}", name].append(value)
        shown = ", ".join(f"{what} {value:,.2f}" for what, value in figures.items())
        print(f"  {name:8} {part}: {shown}", flush=True)

    def table(self) -> None:
        """The medians, what they varied between, and the ratio."""
        print(f"\n{'medians (min..max)':44}{_NAMES[0]:>26}{_NAMES[1]:>26}{'ratio':>8}")
        for what in dict.fromkeys(what for what, _ in self.seen):
            cells: list[str] = []
            medians: list[float] = []
            for name in _NAMES:
                values = self.seen.get((what, name))
                if not values:
                    cells.append("-")
                    continue
                medians.append(statistics.median(values))
                spread = f" ({min(values):,.4g}..{max(values):,.4g})" if len(values) > 1 else ""
                cells.append(f"{medians[-1]:,.4g}{spread}")
            ratio = f"{medians[0] / medians[1]:8.2f}" if len(medians) == 2 and medians[1] else ""
            print(f"{what:44}{cells[0]:>26}{cells[1]:>26}{ratio}")
