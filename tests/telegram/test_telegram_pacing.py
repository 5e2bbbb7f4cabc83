"""When messages may go out, told by a clock that the test turns."""

import asyncio
from collections.abc import Awaitable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.rates import Bucket, Window
from botcore_telegram.pacing import Pacing, PacingSettings
from tests.clocks import Clock, settle

ANNA, BERT, CARLA = 11, 22, 33
GROUP, OTHER_GROUP = -100_1, -100_2


@pytest.fixture
def clock() -> Clock:
    return Clock(1_000.1)


@pytest.fixture
def pacing(clock: Clock) -> Pacing:
    return Pacing(clock=clock, sleep=clock.sleep)


class Sent:
    """Starts waits and writes down when each came to its end, in seconds from the start."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._start = clock.now
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.log: list[tuple[str, float]] = []

    def wait(self, name: str, place: Awaitable[None]) -> None:
        async def run() -> None:
            await place
            self.log.append((name, round(self._clock.now - self._start, 3)))

        self.tasks[name] = asyncio.create_task(run())

    @property
    def times(self) -> list[float]:
        return [at for _, at in self.log]

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.log]


async def test_a_quiet_chat_gets_placeholder_first_frame_and_answer_at_once(pacing: Pacing, clock: Clock) -> None:
    sent = Sent(clock)
    sent.wait("placeholder", pacing.final(ANNA))
    sent.wait("first frame", pacing.next_frame(ANNA))
    sent.wait("answer", pacing.final(ANNA))
    await settle()
    assert sent.times == [0.0, 0.0, 0.0]


async def test_then_one_message_a_second(pacing: Pacing, clock: Clock) -> None:
    sent = Sent(clock)
    for number in range(7):
        sent.wait(str(number), pacing.final(ANNA))
    await clock.turn(10)
    assert sent.log == [("0", 0), ("1", 0), ("2", 0), ("3", 1), ("4", 2), ("5", 3), ("6", 4)]


async def test_frames_come_once_a_second_and_leave_room_for_the_answer(pacing: Pacing, clock: Clock) -> None:
    await pacing.final(ANNA)
    shown: list[float] = []
    start = clock.now
    for _ in range(50):  # a new token every 100 ms
        if pacing.try_frame(ANNA):
            shown.append(round(clock.now - start, 1))
        clock.now += 0.1
    assert shown == [0.0, 1.0, 2.0, 3.0, 4.0]
    before = clock.now
    await pacing.final(ANNA)
    assert clock.now == before


async def test_next_frame_waits_for_the_place_that_try_frame_refused(pacing: Pacing, clock: Clock) -> None:
    assert pacing.try_frame(ANNA)
    assert not pacing.try_frame(ANNA)
    assert pacing.frame_in(ANNA) == pytest.approx(1.0)
    sent = Sent(clock)
    sent.wait("frame", pacing.next_frame(ANNA))
    await clock.turn(0.9)
    assert sent.log == []
    await clock.turn(0.2)
    assert sent.log == [("frame", 1.0)]


async def test_in_a_group_frames_are_three_seconds_apart_and_share_the_budget(pacing: Pacing, clock: Clock) -> None:
    start = clock.now
    shown: list[float] = []
    for _ in range(600):
        if pacing.try_frame(GROUP):
            shown.append(round(clock.now - start, 1))
        clock.now += 0.1
    assert len(shown) == 14  # of 20 a minute, 6 are kept for answers
    assert all(later - earlier >= 3.0 for earlier, later in pairwise(shown))


async def test_a_group_gets_twenty_messages_in_any_minute(pacing: Pacing, clock: Clock) -> None:
    sent = Sent(clock)
    for number in range(45):
        sent.wait(str(number), pacing.final(GROUP))
    await clock.turn(300)
    assert sent.names == [str(number) for number in range(45)]
    for earlier, later in zip(sent.times, sent.times[20:], strict=False):
        assert later - earlier >= 60


async def test_frames_in_a_group_leave_its_answers_their_reserve(pacing: Pacing, clock: Clock) -> None:
    for _ in range(500):
        pacing.try_frame(GROUP)
        clock.now += 0.1
    assert not pacing.try_frame(GROUP)
    sent = Sent(clock)
    for number in range(3):
        sent.wait(str(number), pacing.final(GROUP))
    await settle()
    assert sent.times == [0, 0, 0]


async def test_a_waiting_answer_goes_before_any_frame(pacing: Pacing, clock: Clock) -> None:
    sent = Sent(clock)
    for name in ("a", "b", "c", "answer"):
        sent.wait(name, pacing.final(ANNA))
    await settle()
    sent.wait("frame", pacing.next_frame(ANNA))
    assert not pacing.try_frame(ANNA)
    await clock.turn(10)
    assert sent.names == ["a", "b", "c", "answer", "frame"]


async def test_chats_do_not_wait_for_each_other(pacing: Pacing, clock: Clock) -> None:
    sent = Sent(clock)
    for number in range(6):
        sent.wait(f"anna {number}", pacing.final(ANNA))
    sent.wait("bert", pacing.final(BERT))
    await settle()
    assert ("bert", 0) in sent.log


async def test_thirty_messages_a_second_over_all_chats(pacing: Pacing, clock: Clock) -> None:
    sent = Sent(clock)
    for chat in range(1, 101):
        sent.wait(str(chat), pacing.final(chat))
    await clock.turn(10)
    assert sent.names == [str(chat) for chat in range(1, 101)]
    assert sent.times == [0.0] * 30 + [1.0] * 30 + [2.0] * 30 + [3.0] * 10


async def test_frames_use_no_more_than_their_share_of_the_overall_limit(pacing: Pacing, clock: Clock) -> None:
    assert sum(pacing.try_frame(chat) for chat in range(1, 101)) == 20
    sent = Sent(clock)
    for chat in range(201, 211):
        sent.wait(str(chat), pacing.final(chat))
    await settle()
    assert sent.times == [0.0] * 10


async def test_many_streams_get_their_frames_in_turn(pacing: Pacing, clock: Clock) -> None:
    sent = Sent(clock)
    for chat in range(1, 61):
        sent.wait(str(chat), pacing.next_frame(chat))
    await clock.turn(5)
    assert sent.names == [str(chat) for chat in range(1, 61)]
    assert sent.times == [0.0] * 20 + [1.0] * 20 + [2.0] * 20


async def test_without_the_overall_limit_everybody_is_served_at_once(clock: Clock) -> None:
    pacing = Pacing(PacingSettings().without_overall(), clock=clock, sleep=clock.sleep)
    sent = Sent(clock)
    for chat in range(1, 1001):
        sent.wait(str(chat), pacing.final(chat))
    await settle()
    assert sent.times == [0.0] * 1000


async def test_a_refusal_holds_up_its_chat_alone(pacing: Pacing, clock: Clock) -> None:
    pacing.hold(ANNA, 30)
    sent = Sent(clock)
    sent.wait("anna", pacing.final(ANNA))
    sent.wait("bert", pacing.final(BERT))
    assert not pacing.try_frame(ANNA)
    assert pacing.held_for(ANNA) == pytest.approx(30)
    assert pacing.held_for(BERT) == 0
    await clock.turn(40)
    assert sent.log == [("bert", 0), ("anna", 30)]


async def test_a_refusal_that_comes_while_an_answer_waits_holds_that_too(pacing: Pacing, clock: Clock) -> None:
    sent = Sent(clock)
    for number in range(4):
        sent.wait(str(number), pacing.final(ANNA))
    await clock.turn(0.5)
    pacing.hold(ANNA, 10)
    await clock.turn(20)
    assert sent.log[-1] == ("3", 10.5)


async def test_refusals_in_many_chats_hold_up_all(pacing: Pacing, clock: Clock) -> None:
    for chat in (ANNA, BERT, CARLA):
        pacing.hold(chat, 8)
    assert not pacing.try_frame(44)
    sent = Sent(clock)
    sent.wait("stranger", pacing.final(44))
    await clock.turn(20)
    assert sent.log == [("stranger", 8)]


async def test_refusals_far_apart_hold_up_only_their_chats(pacing: Pacing, clock: Clock) -> None:
    for chat in (ANNA, BERT, CARLA):
        pacing.hold(chat, 60)
        await clock.turn(10)
    assert pacing.held_for(44) == 0
    assert pacing.try_frame(44)


async def test_a_cancelled_wait_lets_the_next_one_through(pacing: Pacing, clock: Clock) -> None:
    sent = Sent(clock)
    for number in range(5):
        sent.wait(str(number), pacing.final(ANNA))
    await settle()
    assert sent.tasks["3"].cancel()
    await clock.turn(10)
    assert sent.log == [("0", 0), ("1", 0), ("2", 0), ("4", 1)]
    assert pacing.try_frame(ANNA)


async def test_quiet_chats_are_forgotten(pacing: Pacing, clock: Clock) -> None:
    for chat in range(1, 2001):
        await pacing.final(chat)
        clock.now += 0.05
    assert pacing.known_chats < 200


async def test_a_chat_that_is_held_up_is_not_forgotten(pacing: Pacing, clock: Clock) -> None:
    pacing.hold(ANNA, 1000)
    for chat in range(100, 300):
        pacing.try_frame(chat)
        clock.now += 2
    assert pacing.held_for(ANNA) == pytest.approx(600)
    assert not pacing.try_frame(ANNA)


@given(st.lists(st.floats(0, 5), max_size=60), st.integers(1, 6), st.floats(0.1, 3))
def test_a_bucket_lets_no_more_through_than_its_burst_and_its_rate(
    pauses: list[float], burst: int, interval: float
) -> None:
    bucket, now = Bucket(interval, burst), 0.0
    taken: list[float] = []
    for pause in pauses:
        now += pause
        if bucket.free_at(now) <= now:
            bucket.take(now)
            taken.append(now)
    for first, start in enumerate(taken):
        for last in range(first, len(taken)):
            assert last - first + 1 <= burst + (taken[last] - start) / interval + 1e-3


@given(st.lists(st.floats(0, 5), max_size=60), st.integers(1, 6), st.integers(0, 6))
def test_a_window_never_holds_more_than_its_number(pauses: list[float], most: int, reserve: int) -> None:
    window, now = Window(most, 10.0), 0.0
    taken: list[float] = []
    for pause in pauses:
        now += pause
        at = window.free_at(now, reserve)
        assert at >= now
        window.take(at)
        taken.append(at)
    allowed = max(1, most - reserve)
    for earlier, later in zip(taken, taken[allowed:], strict=False):
        assert later - earlier >= 10.0 - 1e-6


@pytest.mark.parametrize("chat", [ANNA, GROUP])
async def test_limits_of_zero_are_off(clock: Clock, chat: int) -> None:
    pacing = Pacing(
        PacingSettings(chat_interval=0, group_per_minute=0, overall_per_second=0), clock=clock, sleep=clock.sleep
    )
    sent = Sent(clock)
    for number in range(100):
        sent.wait(str(number), pacing.final(chat))
    await settle()
    assert sent.times == [0.0] * 100
