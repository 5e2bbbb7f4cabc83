"""The command `botcore`: what an operator types. Everything slow is imported by the command that needs it."""

import sys
from collections.abc import Sequence

from botcore.errors import BotcoreError, ConfigError

__all__ = ["main"]

_SAYS = "--debug shows where"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 failed, 2 wrong settings or arguments, 130 interrupted.

    A failure is one line on standard error (wrong settings: one for each); a traceback only with --debug.
    """
    from typer.main import get_command

    from botcore.cli.commands import app, hoisted

    given = hoisted(sys.argv[1:] if arguments is None else arguments)
    command = get_command(app)  # calling `app` would put its own hook for exceptions in place
    if "--debug" in given[:3]:
        command(args=given, prog_name="botcore")
        return
    sys.excepthook = _in_one_line
    try:
        command(args=given, prog_name="botcore")
    except ConfigError as error:
        sys.exit(_complain(str(error), code=2))
    except BotcoreError as error:
        sys.exit(_complain(str(error), code=1))
    except KeyboardInterrupt:
        sys.exit(130)  # 128 + SIGINT, as shells have it


def _complain(text: str, *, code: int) -> int:
    for line in text.splitlines():
        sys.stderr.write(f"botcore: {line}\n")
    return code


def _in_one_line(kind: type[BaseException], error: BaseException, _trace: object) -> None:
    """The last resort for what nobody expected."""
    from botcore.logs import Redactor

    text = " ".join(str(error).split())
    _complain(Redactor()(f"{kind.__name__}: {text} (this is a fault of the program; {_SAYS})"), code=1)
