"""The one gate: what it lets through, what it refuses, and what it does about a plugin's faults."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import pytest
from structlog.testing import capture_logs

from botcore.commands.gate import Call, Gate, Source, ToolAnswer, guard
from botcore.commands.registry import Registry
from botcore.errors import (
    BudgetExceeded,
    Fenced,
    HandlerFailed,
    NotAllowed,
    PluginError,
    RateLimited,
    Refusal,
    Unsuitable,
    UsageError,
)
from botcore.messages import Image, Invocation, Quote, Reply, Text
from botcore.plugin import Between, Bot, Command, Context, Permission, Prompt, Rest
from tests.commands.memory import MemoryContext, Waiting


class Ledger:
    """A budget of so many calls, and its own reservation; it writes down what happened."""

    def __init__(self, calls: int = 100) -> None:
        self.left = calls
        self.log: list[str] = []

    async def reserve(self, command: Command, ctx: Context) -> "Ledger":
        if not self.left:
            raise BudgetExceeded("That is all for today.")
        self.left -= 1
        self.log.append(f"reserve {command.cost} {ctx.sender.id}")
        return self

    async def settle(self) -> None:
        self.log.append("settle")

    async def release(self) -> None:
        self.left += 1
        self.log.append("release")


class House:
    """A gate with one plugin's commands."""

    def __init__(self, *, calls: int = 100, granted: tuple[str, ...] = (), disabled: tuple[str, ...] = ()) -> None:
        self.bot = Bot("tester")
        self.registry = Registry()
        self.ledger = Ledger(calls)
        self.gate = Gate(self.registry, self.ledger, granted, disabled)

    def command(self, name: str, **options: Any) -> Callable[[Callable[..., Awaitable[Any]]], None]:
        def register(handler: Callable[..., Awaitable[Any]]) -> None:
            self.bot.command(name, **options)(handler)
            self.registry.remove("tester")
            self.registry.add(self.bot)

        return register

    async def says(self, line: str, ctx: MemoryContext | None = None, source: Source = "text") -> Any:
        """Run a command line as the engine does."""
        name, _, text = line.removeprefix("/").partition(" ")
        known = self.registry.command(name)
        assert known is not None
        return await self.gate.invoke(Call(known, text, source), ctx or MemoryContext(line))


@pytest.fixture
def house() -> House:
    return House(granted=("erase",))


async def test_arguments_reach_the_handler_and_its_text_becomes_a_reply(house: House) -> None:
    @house.command("image", cost="image")
    async def image(ctx: Context, prompt: Annotated[str, Rest()], count: Annotated[int, Between(1, 4)] = 1) -> str:
        return f"{prompt} for {ctx.sender.name}, {count} times"

    assert await house.says("/image --count 2 a red fox") == Reply.of("a red fox for Ada, 2 times")
    assert house.ledger.log == ["reserve image 42", "settle"]
    known = house.registry.command("image")
    assert known is not None
    slash = Call(known, {"prompt": "x", "count": 3}, "slash")
    ctx = MemoryContext(event=Invocation("image", {"prompt": "x"}))
    assert await house.gate.invoke(slash, ctx) == Reply.of("x for Ada, 3 times")


async def test_results_are_normalised(house: House) -> None:
    results: dict[str, Any] = {
        "text": "hi",
        "blank": "",
        "reply": Reply.of("hi"),
        "empty": Reply(()),
        "none": None,
        "prompt": Prompt((Text("go on"),)),
        "number": 5,
    }

    @house.command("give", ephemeral=True)
    async def give(ctx: Context, what: str) -> Any:
        return results[what]

    secret = Reply.of("hi", ephemeral=True)
    assert [await house.says(f"/give {what}") for what in ("text", "reply")] == [secret, secret]
    assert [await house.says(f"/give {what}") for what in ("blank", "empty", "none")] == [None, None, None]
    assert await house.says("/give prompt") == Prompt((Text("go on"),))
    with pytest.raises(HandlerFailed, match="plugin 'tester': /give: returned int"):
        await house.says("/give number")
    assert house.ledger.log[-1] == "release"


async def test_a_wrong_argument_costs_nothing(house: House) -> None:
    @house.command("roll")
    async def roll(ctx: Context, sides: int) -> str:
        return str(sides)

    with pytest.raises(UsageError, match="sides: “six” is not a whole number"):
        await house.says("/roll six")
    assert house.ledger.log == []


@pytest.mark.parametrize(
    ("role", "needed", "passes"),
    [
        ("user", "user", True),
        ("user", "admin", False),
        ("admin", "admin", True),
        ("admin", "owner", False),
        ("owner", "admin", True),
        ("owner", "owner", True),
    ],
)
async def test_roles_are_ordered(house: House, role: Permission, needed: Permission, passes: bool) -> None:
    @house.command("reload", permission=needed)
    async def reload(ctx: Context) -> str:
        return "done"

    ctx = MemoryContext("/reload", role=role)
    if passes:
        assert await house.says("/reload", ctx) == Reply.of("done")
    else:
        with pytest.raises(NotAllowed, match=f"/reload is only for {needed}s."):
            await house.says("/reload and a wrong argument", ctx)  # a stranger does not learn how to use it


async def test_attachments_come_with_the_message_or_the_quote(house: House) -> None:
    @house.command("edit")
    async def edit(ctx: Context, picture: Image, how: Annotated[str, Rest()] = "") -> str:
        return f"{picture.ref} {how}".strip()

    sent = MemoryContext("/edit bluer", Image(ref="mine"))
    assert await house.says("/edit bluer", sent) == Reply.of("mine bluer")
    quoting = MemoryContext("/edit", quote=Quote("9", parts=(Image(ref="theirs"),)))
    assert await house.says("/edit", quoting) == Reply.of("theirs")
    with pytest.raises(UsageError, match="picture is missing: send an image along"):
        await house.says("/edit bluer")
    with pytest.raises(UsageError, match="picture is missing"):
        await house.says("/edit", MemoryContext(event=Invocation("edit", {})))


async def test_budgets_refuse_and_failures_give_back(house: House) -> None:
    house = House(calls=1)

    @house.command("work")
    async def work(ctx: Context, outcome: str) -> str:
        if outcome == "crash":
            raise ZeroDivisionError
        if outcome == "refuse":
            raise Unsuitable("Not like this.")
        return outcome

    with pytest.raises(HandlerFailed):
        await house.says("/work crash")
    with pytest.raises(Unsuitable):
        await house.says("/work refuse")
    assert house.ledger.left == 1
    await house.says("/work well")
    with pytest.raises(BudgetExceeded, match="That is all for today"):
        await house.says("/work more")


class TestConfirmation:
    @pytest.fixture
    def erased(self, house: House) -> list[str]:
        erased: list[str] = []

        @house.command("erase", confirm=True, tool=True, changes=True)
        async def erase(ctx: Context, what: str, *, force: bool = False) -> str:
            erased.append(what)
            return f"Erased {what}."

        return erased

    async def test_yes_runs_it(self, house: House, erased: list[str]) -> None:
        ctx = MemoryContext("/erase x", answers=[" yes "])
        assert await house.says('/erase "my notes" --force', ctx) == Reply.of("Erased my notes.")
        question, choices = ctx.asked[0]
        assert question.parts == (Text('Shall I run /erase "my notes" --force\nYes or no?', plain=True),)
        assert choices == ("Yes", "No")
        assert erased == ["my notes"]

    async def test_anything_else_does_not(self, house: House, erased: list[str]) -> None:
        for answer in ("No", "", "later", "yes but not all"):
            with pytest.raises(Refusal, match="/erase was not confirmed, so nothing was done"):
                await house.says("/erase notes", MemoryContext(answers=[answer]))
        assert erased == []
        assert house.ledger.log == []

    async def test_a_wrong_argument_is_said_before_the_question(self, house: House, erased: list[str]) -> None:
        ctx = MemoryContext(answers=["yes"])
        with pytest.raises(UsageError):
            await house.says("/erase", ctx)
        assert ctx.asked == []

    async def test_waiting_suspends_the_call(self, house: House, erased: list[str]) -> None:
        with pytest.raises(Waiting), capture_logs() as logs:
            await house.says("/erase notes")
        assert erased == []
        assert logs[0]["outcome"] == "Waiting"

    async def test_the_person_is_asked_about_a_tool_too(self, house: House, erased: list[str]) -> None:
        ctx = MemoryContext(answers=["Yes"])
        assert await house.gate.tool("erase", '{"what": "notes"}', ctx) == ToolAnswer("Erased notes.")
        assert ctx.asked[0][0].text == "The model wants to run /erase notes\nYes or no?"
        answer = await house.gate.tool("erase", {"what": "all"}, MemoryContext(answers=["No"]))
        assert answer == ToolAnswer("Error: /erase was not confirmed, so nothing was done.", ok=False)
        assert erased == ["notes"]


async def test_a_handler_that_asks_in_the_middle_gives_its_claim_back(house: House) -> None:
    @house.command("quiz")
    async def quiz(ctx: Context) -> str:
        return f"You said {await ctx.ask('Why?')}."

    with pytest.raises(Waiting):
        await house.says("/quiz")
    assert house.ledger.log[-1] == "release"
    assert await house.says("/quiz", MemoryContext(answers=["so"])) == Reply.of("You said so.")


class TestTools:
    async def test_a_tool_that_changes_something_is_checked_again_when_it_runs(self) -> None:
        house = House()
        ran: list[str] = []

        @house.command("erase", tool=True, changes=True)
        async def erase(ctx: Context) -> str:
            ran.append(ctx.key)
            return "done"

        assert house.gate.tools("owner") == ()
        answer = await house.gate.tool("erase", "{}", MemoryContext(role="owner"))
        assert not answer.ok
        assert "was not granted" in answer.text
        assert ran == []
        assert await house.says("/erase") == Reply.of("done")  # a person may

    async def test_a_disabled_or_unknown_tool_does_not_run(self) -> None:
        house = House(disabled=("peek",))

        @house.command("peek", tool=True)
        async def peek(ctx: Context) -> str:
            return "seen"

        @house.command("plain")
        async def plain(ctx: Context) -> str:
            return "seen"

        assert house.gate.tools("owner") == ()
        for name in ("peek", "plain", "nothing"):
            answer = await house.gate.tool(name, "", MemoryContext())
            assert answer == ToolAnswer(f"Error: there is no tool {name!r}.", ok=False)

    async def test_a_tool_needs_its_permission(self, house: House) -> None:
        @house.command("logs", tool=True, permission="admin")
        async def logs(ctx: Context) -> str:
            return "lines"

        assert house.gate.tools("user") == ()
        assert await house.gate.tool("logs", "", MemoryContext()) == ToolAnswer(
            "Error: /logs is only for admins.", ok=False
        )
        assert await house.gate.tool("logs", "", MemoryContext(role="admin")) == ToolAnswer("lines")

    async def test_errors_are_told_so_that_the_model_can_correct_itself(self, house: House) -> None:
        @house.command("roll", tool=True)
        async def roll(ctx: Context, sides: int) -> str:
            return str(100 // sides)

        async def told(arguments: str) -> str:
            answer = await house.gate.tool("roll", arguments, MemoryContext())
            assert not answer.ok
            return answer.text

        assert await told('{"sides": "six"}') == ("Error: sides: “six” is not a whole number.\nUsage: /roll SIDES")
        for broken in ('{"sides": ', "[6]", "6", "null", "[" * 100_000):
            assert await told(broken) == "Error: The arguments are not a JSON object.\nUsage: /roll SIDES"
        with capture_logs():
            assert (
                await told('{"sides": 0}') == "Error: /roll failed because of a fault in it. The operator can see why."
            )
        assert await house.gate.tool("roll", '{"sides": 6.0}', MemoryContext()) == ToolAnswer("16")

    @pytest.mark.parametrize("name", ["of", "OF"])
    async def test_no_attachment_is_taken_at_the_models_word(self, house: House, name: str) -> None:
        fetched: list[Image | None] = []

        @house.command("weigh", tool=True)
        async def weigh(ctx: Context, of: Image | None = None) -> str:
            fetched.append(of)
            return "light"

        elsewhere = {name: {"kind": "image", "ref": "another chat's"}}
        answer = await house.gate.tool("weigh", json.dumps(elsewhere), MemoryContext())
        assert (answer.ok, answer.text) == (
            False,
            "Error: of cannot be named: it is what the person sent along.\nUsage: /weigh",
        )
        sent = Image(ref="this one")
        assert await house.gate.tool("weigh", json.dumps({name: None}), MemoryContext(sent)) == ToolAnswer("light")
        assert fetched == [sent]

    async def test_what_concerns_the_whole_turn_passes(self, house: House) -> None:
        @house.command("keep", tool=True)
        async def keep(ctx: Context, outcome: str) -> str:
            raise {"fenced": Fenced("attempt 2 owns it"), "limit": RateLimited("429")}[outcome]

        with pytest.raises(Fenced):
            await house.gate.tool("keep", '{"outcome": "fenced"}', MemoryContext())
        answer = await house.gate.tool("keep", '{"outcome": "limit"}', MemoryContext())
        assert answer == ToolAnswer(f"Error: {RateLimited.said}", ok=False)

    async def test_pictures_go_to_the_person_and_words_to_the_model(self, house: House) -> None:
        picture = Image(data=b"png")

        @house.command("draw", tool=True)
        async def draw(ctx: Context, what: str) -> Any:
            return {"fox": Reply.of("A fox.", picture), "quiet": Reply.of(picture, picture), "none": None}[what]

        async def drawn(what: str) -> ToolAnswer:
            return await house.gate.tool("draw", json.dumps({"what": what}), MemoryContext())

        assert await drawn("fox") == ToolAnswer("A fox.\n[Shown to the person: image]", (picture,))
        assert await drawn("quiet") == ToolAnswer("[Shown to the person: image, image]", (picture, picture))
        assert await drawn("none") == ToolAnswer("Done.")


class TestFaults:
    async def test_a_crash_is_the_plugins_own(self, house: House) -> None:
        @house.command("crash")
        async def crash(ctx: Context) -> str:
            raise KeyError("api_internals")

        with capture_logs() as logs, pytest.raises(HandlerFailed) as caught:
            await house.says("/crash")
        assert str(caught.value) == "plugin 'tester': /crash: KeyError: 'api_internals'"
        assert caught.value.said == "/crash failed because of a fault in it. The operator can see why."
        assert isinstance(caught.value.__cause__, KeyError)
        assert isinstance(caught.value, PluginError)
        (failure,) = [log for log in logs if log["event"] == "handler failed"]
        assert (failure["plugin"], failure["handler"], failure["error"]) == ("tester", "/crash", "KeyError")
        assert isinstance(failure["exc_info"], KeyError)  # the traceback

    async def test_an_overrun_fails_alone_by_name(self, house: House) -> None:
        stopped = asyncio.Event()

        @house.command("slow", timeout=0.02)
        async def slow(ctx: Context) -> str:
            try:
                await asyncio.Event().wait()
            finally:
                stopped.set()
            return "never"

        with capture_logs() as logs, pytest.raises(HandlerFailed) as caught:
            await house.says("/slow")
        assert caught.value.said == "/slow took longer than 0.02 seconds and was stopped."
        assert stopped.is_set()
        assert [log["event"] for log in logs] == ["handler overran its deadline", "command"]

    async def test_a_time_out_of_the_handlers_own_is_no_overrun(self, house: House) -> None:
        @house.command("fetch")
        async def fetch(ctx: Context) -> str:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
            return "never"

        with capture_logs(), pytest.raises(HandlerFailed, match="/fetch: TimeoutError"):
            await house.says("/fetch")

    async def test_our_own_errors_pass_as_they_are(self, house: House) -> None:
        @house.command("both")
        async def both(ctx: Context, mixed: bool) -> str:
            async def limited() -> None:
                raise RateLimited("slow down")

            async def broken() -> None:
                raise KeyError("x")

            async with asyncio.TaskGroup() as group:
                group.create_task(limited())
                group.create_task(broken() if mixed else limited())
            return "never"

        with pytest.raises(RateLimited):  # a task group wraps it; it is still the API's
            await house.says("/both no")
        with capture_logs(), pytest.raises(HandlerFailed, match="ExceptionGroup"):
            await house.says("/both yes")

    async def test_a_cancellation_passes(self, house: House) -> None:
        running = asyncio.Event()

        @house.command("wait")
        async def wait(ctx: Context) -> str:
            running.set()
            await asyncio.Event().wait()
            return "never"

        with capture_logs() as logs:
            task = asyncio.create_task(house.says("/wait"))
            await running.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert logs[-1]["outcome"] == "cancelled"
        assert house.ledger.log[-1] == "release"

    async def test_anything_of_a_plugins_can_be_guarded(self) -> None:
        async def contribute() -> str:
            return "the weather is fine"

        async def fail() -> str:
            raise OSError("disk")

        assert await guard("weather", "context", contribute, timeout=1) == "the weather is fine"
        with capture_logs(), pytest.raises(HandlerFailed, match="plugin 'weather': context: OSError: disk"):
            await guard("weather", "context", fail, timeout=1)


async def test_the_audit_says_who_did_what_and_no_contents(house: House) -> None:
    @house.command("roll")
    async def roll(ctx: Context, note: Annotated[str, Rest()]) -> str:
        return f"answer to {note}"

    with capture_logs() as logs:
        await house.says("/roll my diary", source="button")
        with pytest.raises(UsageError):
            await house.says("/roll")
    done, wrong = logs
    assert isinstance(done.pop("duration_ms"), float)
    assert done == {
        "event": "command",
        "log_level": "info",
        "plugin": "tester",
        "command": "roll",
        "source": "button",
        "outcome": "done",
        "platform": "test",
        "chat": "7",
        "thread": None,
        "sender": "42",
        "role": "user",
    }
    assert wrong["outcome"] == "UsageError"
    assert "diary" not in repr(logs)
