"""When frames and finals may go to Discord, told by a clock that the test turns."""

import asyncio

import pytest

from botcore_discord.pacing import Lane, Paces, PacingSettings
from tests.clocks import Clock, settle

GENERAL: Lane = ("edits", "1")
SENDS: Lane = ("sends", "1")
OTHER: Lane = ("edits", "2")
ASKED: Lane = ("interaction", "token")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def paces(clock: Clock) -> Paces:
    return Paces(clock=clock, sleep=clock.sleep)


async def frames(paces: Paces, lane: Lane, clock: Clock, seconds: float) -> list[float]:
    """When frames go that are always ready."""
    went: list[float] = []

    async def paint() -> None:
        while True:
            await paces.next_frame(lane)
            went.append(clock.now - 1_000.0)

    painter = asyncio.create_task(paint())
    await clock.turn(seconds)
    painter.cancel()
    return went


async def test_frames_of_one_channel_keep_their_distance(paces: Paces, clock: Clock) -> None:
    went = await frames(paces, GENERAL, clock, 12.1)
    assert went == pytest.approx([1.2 * number for number in range(11)])


async def test_five_messages_at_once_and_then_one_a_second(paces: Paces, clock: Clock) -> None:
    went: list[float] = []

    async def send() -> None:
        await paces.final(SENDS)
        went.append(clock.now - 1_000.0)

    sends = [asyncio.create_task(send()) for _ in range(8)]
    await clock.turn(10)
    assert all(send.done() for send in sends)
    assert went == pytest.approx([0, 0, 0, 0, 0, 1, 2, 3])


async def test_a_final_finds_a_place_however_many_frames_there_are(paces: Paces, clock: Clock) -> None:
    await frames(paces, GENERAL, clock, 30)
    for _ in range(2):
        final = asyncio.create_task(paces.final(GENERAL))
        await settle()
        assert final.done()


async def test_sends_and_edits_have_limits_of_their_own(paces: Paces) -> None:
    for lane in (SENDS, GENERAL, OTHER):
        for _ in range(5):
            async with asyncio.timeout(20):
                await paces.final(lane)


async def test_the_bot_as_a_whole_keeps_below_fifty_a_second(paces: Paces, clock: Clock) -> None:
    went: list[float] = []

    async def send(number: int) -> None:
        await paces.final(("sends", str(number)))
        went.append(clock.now)

    sends = [asyncio.create_task(send(number)) for number in range(200)]
    await clock.turn(10)
    assert all(send.done() for send in sends)
    for start in went:
        assert sum(start <= at < start + 0.999 for at in went) <= 45


async def test_answers_to_interactions_do_not_count_in_the_whole(paces: Paces) -> None:
    async with asyncio.timeout(20):
        for number in range(200):
            await paces.final(("interaction", str(number)))


async def test_frames_leave_room_in_the_whole(paces: Paces, clock: Clock) -> None:
    painters = [asyncio.create_task(paces.next_frame(("edits", str(number)))) for number in range(100)]
    await settle()
    assert sum(painter.done() for painter in painters) == 30
    async with asyncio.timeout(20):
        for number in range(15):
            await paces.final(("sends", str(number)))
    await clock.turn(10)
    await asyncio.gather(*painters)


async def test_a_pause_that_discord_wants_holds_its_lane(paces: Paces, clock: Clock) -> None:
    paces.hold(GENERAL, 3, everything=False)
    assert not paces.is_free(GENERAL)
    assert paces.is_free(OTHER)
    held = asyncio.create_task(paces.final(GENERAL))
    await paces.final(OTHER)
    await clock.turn(2.9)
    assert not held.done()
    await clock.turn(0.2)
    assert held.done()


async def test_a_pause_of_everything_holds_all_channels(paces: Paces, clock: Clock) -> None:
    paces.hold(GENERAL, 3, everything=True)
    assert not paces.is_free(OTHER)
    assert paces.is_free(ASKED)
    held = asyncio.create_task(paces.final(OTHER))
    await clock.turn(2.9)
    assert not held.done()
    await clock.turn(0.2)
    assert held.done()


async def test_limits_can_be_switched_off() -> None:
    paces = Paces(PacingSettings(interval=0, frame_interval=0, per_second=0))
    async with asyncio.timeout(20):
        for _ in range(200):
            await paces.final(GENERAL)
            await paces.next_frame(GENERAL)


async def test_typing_counts_among_all_requests_and_is_left_out_where_there_is_no_room(
    paces: Paces, clock: Clock
) -> None:
    shown = [number for number in range(50) if paces.try_frame(("typing", str(number)))]
    assert len(shown) == 30  # 15 of 45 are left to what must not be dropped
    for number in range(15):
        async with asyncio.timeout(20):
            await paces.final(("sends", str(number)))
    late = asyncio.create_task(paces.final(OTHER))
    await settle()
    assert not late.done()
    await clock.turn(1.1)
    assert late.done()
    assert paces.try_frame(("typing", "50"))
