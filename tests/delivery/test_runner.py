"""The runner: one drain for each conversation and lane at a time, no lost wake-up. The count of open messages."""

import asyncio
from collections import defaultdict
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from botcore.delivery.capacity import Capacity
from botcore.delivery.runner import EmbeddedRunner


class Queues:
    """Open work of several conversations, and a drain that takes one message of it after the other."""

    def __init__(self, pauses: list[int]) -> None:
        self.open = defaultdict[tuple[int, int], int](int)
        self.done = 0
        self.working = set[tuple[int, int]]()
        self._pauses = pauses
        self.runner: EmbeddedRunner[str] = EmbeddedRunner(self.drain)

    async def _pause(self) -> None:
        for _ in range(self._pauses.pop() if self._pauses else 1):
            await asyncio.sleep(0)

    async def drain(self, conversation: int, lane: int, claimed: str | None) -> None:
        key = (conversation, lane)
        assert key not in self.working, "two drains of one conversation at once"
        self.working.add(key)
        try:
            while True:
                more = False  # a reserved conversation was idle
                if claimed is None:
                    if self.open[key] > 0:  # as the database sees it when the claim runs
                        claimed = "claimed"
                    more = self.open[key] > 1
                    await self._pause()  # the claim's way back: what is accepted now was not seen
                if claimed is None:
                    return
                claimed = None
                await self._pause()
                self.open[key] -= 1
                self.done += 1
                if not more:
                    return
        finally:
            self.working.remove(key)

    async def accept(self, conversation: int, lane: int, fate: Literal["claimed", "not claimed", "known"]) -> None:
        """Accept one as the desk does. `known`: it was accepted before, so nothing is stored."""
        key = (conversation, lane)
        reserved = self.runner.reserve(*key)
        await self._pause()
        assert not (reserved and key in self.working), "worked on while it is reserved"
        if fate != "known":
            self.open[key] += 1
        await self._pause()  # the transaction's way back
        if reserved and fate == "claimed":
            self.runner.begin(*key, "claimed")
            return
        if reserved:
            self.runner.release(*key)
        if fate != "known":
            self.runner.wake(*key)


@settings(max_examples=300)
@given(
    accepted=st.lists(
        st.tuples(
            st.integers(1, 3),
            st.integers(0, 1),
            st.sampled_from(["claimed", "claimed", "not claimed", "known"]),
            st.integers(0, 4),
        ),
        max_size=40,
    ),
    pauses=st.lists(st.integers(0, 5), max_size=120),
)
def test_no_message_stays_behind_whenever_it_is_accepted(
    accepted: list[tuple[int, int, Literal["claimed", "not claimed", "known"], int]], pauses: list[int]
) -> None:
    async def play() -> Queues:
        queues = Queues(list(pauses))
        async with asyncio.TaskGroup() as accepting:
            for conversation, lane, fate, ticks in accepted:
                _ = accepting.create_task(queues.accept(conversation, lane, fate))
                for _ in range(ticks):
                    await asyncio.sleep(0)
        await queues.runner.idle()
        return queues

    queues = asyncio.run(play())
    assert queues.done == sum(fate != "known" for _, _, fate, _ in accepted)
    assert not any(queues.open.values())
    assert not any(queues.runner.busy(conversation, lane) for conversation in (1, 2, 3) for lane in (0, 1))


async def test_many_wakes_at_once_are_one_drain() -> None:
    drained = list[int]()

    async def drain(conversation: int, lane: int, claimed: None) -> None:
        drained.append(conversation)
        await asyncio.sleep(0)

    runner: EmbeddedRunner[None] = EmbeddedRunner(drain)
    runner.wake_all([(1, 0)] * 50 + [(2, 0)])
    await runner.idle()
    assert drained == [1, 2]


async def test_conversations_and_lanes_do_not_wait_for_each_other() -> None:
    gate, entered = asyncio.Event(), list[tuple[int, int]]()

    async def drain(conversation: int, lane: int, claimed: None) -> None:
        entered.append((conversation, lane))
        await gate.wait()

    runner: EmbeddedRunner[None] = EmbeddedRunner(drain)
    runner.wake_all([(1, 0), (1, 1), (2, 0)])
    await asyncio.sleep(0)
    assert sorted(entered) == [(1, 0), (1, 1), (2, 0)]
    assert runner.busy(1)
    assert not runner.busy(2, lane=1)
    gate.set()
    await runner.idle()
    assert not runner.busy(1)


async def test_a_stop_lets_what_runs_come_to_its_end_and_takes_up_nothing_more() -> None:
    gate, entered, finished = asyncio.Event(), list[int](), list[int]()

    async def drain(conversation: int, lane: int, claimed: None) -> None:
        entered.append(conversation)
        await gate.wait()
        finished.append(conversation)

    runner: EmbeddedRunner[None] = EmbeddedRunner(drain)
    runner.wake(1, 0)
    await asyncio.sleep(0)
    runner.wake(1, 0)  # more of the same
    stopping = asyncio.ensure_future(runner.stop(5))
    await asyncio.sleep(0)
    runner.wake(2, 0)
    gate.set()
    assert await stopping == 0
    assert (entered, finished) == ([1], [1])
    assert await runner.stop(5) == 0


async def test_what_does_not_end_in_time_is_cut() -> None:
    cut = list[int]()

    async def drain(conversation: int, lane: int, claimed: None) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cut.append(conversation)

    runner: EmbeddedRunner[None] = EmbeddedRunner(drain)
    runner.wake_all([(1, 0), (2, 0)])
    await asyncio.sleep(0)
    assert await runner.stop(0.01) == 2
    assert sorted(cut) == [1, 2]


async def test_capacity_holds_back_at_the_limit_until_there_is_room() -> None:
    capacity = Capacity(2)
    await asyncio.wait_for(capacity.room(), 1)
    capacity.add(3)
    waiting = asyncio.ensure_future(capacity.room())
    await asyncio.sleep(0)
    capacity.add(-1)
    await asyncio.sleep(0)
    assert not waiting.done()
    capacity.add(-1)
    await asyncio.wait_for(waiting, 1)


async def test_capacity_believes_the_database() -> None:
    capacity = Capacity(2)
    capacity.add(5)
    capacity.set(1)
    await asyncio.wait_for(capacity.room(), 1)
    capacity.set(2)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(capacity.room(), 0.01)
    capacity.add(-7)
    assert capacity.open == 0


async def test_what_is_claimed_while_it_is_accepted_comes_first_and_is_not_worked_on_after_a_stop() -> None:
    drained = list[str | None]()

    async def drain(conversation: int, lane: int, claimed: str | None) -> None:
        drained.append(claimed)
        await asyncio.sleep(0)

    runner: EmbeddedRunner[str] = EmbeddedRunner(drain)
    assert runner.reserve(1, 0)
    assert runner.busy(1)
    assert not runner.reserve(1, 0)
    runner.wake(1, 0)  # more is accepted meanwhile
    await asyncio.sleep(0)
    assert drained == []
    runner.begin(1, 0, "the first")
    await runner.idle()
    assert drained == ["the first", None]
    assert runner.reserve(2, 0)
    await runner.stop(5)
    runner.begin(2, 0, "too late")
    assert not runner.reserve(3, 0)
    assert not runner.busy(2)
    assert len(drained) == 2
