"""`botcore doctor`: everything that a running bot needs, looked at without running one.

The checks run at the same time, each with its own time-out, and one that fails hides none of the others.
"""

from botcore.doctor.checks import Check, Findings, run
from botcore.doctor.examination import examine

__all__ = ["Check", "Findings", "examine", "run"]
