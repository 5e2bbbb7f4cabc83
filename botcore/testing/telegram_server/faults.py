"""Faults by method, whatever its case: `telegram.faults.lose("sendMessage")`. `where` is a chat's id."""

from dataclasses import dataclass

from botcore.testing.server import faults


@dataclass(frozen=True, slots=True)
class Refuse:
    """An error answer of the API instead of the effect."""

    status: int = 500
    description: str = "Internal Server Error"
    retry_after: int | None = None


class Faults(faults.Faults[Refuse]):
    """The faults that are planned."""

    def fits(self, calls: str, call: str) -> bool:
        """Whether it is that method."""
        return calls.lower() == call.lower()

    def refuse(
        self,
        method: str,
        *,
        status: int = 500,
        description: str = "Internal Server Error",
        retry_after: int | None = None,
        times: int = 1,
        where: int | None = None,
    ) -> None:
        """Answer with an error of the API, without effect."""
        self.plan(method, Refuse(status, description, retry_after), times=times, where=where)
