"""What one person may use: messages a minute, tokens and money a day."""

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.config.sections import BudgetSettings, Price
from botcore.conversation import rate
from botcore.conversation.budget import Budget
from botcore.conversation.rate import Rate
from botcore.errors import BudgetExceeded, RateExceeded
from botcore.plugin import Usage


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def allowed(bucket: Rate, person: str = "ada") -> bool:
    try:
        bucket.take(person)
    except RateExceeded:
        return False
    return True


@given(per_minute=st.integers(1, 30), pauses=st.lists(st.floats(0, 20), max_size=120))
def test_nobody_writes_more_than_a_minute_holds_and_refills(per_minute: int, pauses: list[float]) -> None:
    clock = Clock()
    bucket, taken = Rate(per_minute, clock), list[float]()
    for pause in pauses:
        clock.now += pause
        if allowed(bucket):
            taken.append(clock.now)
    for index, start in enumerate(taken):
        for count, end in enumerate(taken[index:], 1):
            assert count <= per_minute + (end - start) * per_minute / 60 + 1e-6


@given(per_minute=st.integers(1, 60))
def test_who_waits_as_long_as_told_may_go_on(per_minute: int) -> None:
    clock = Clock()
    bucket = Rate(per_minute, clock)
    assert [allowed(bucket) for _ in range(per_minute + 1)] == [True] * per_minute + [False]
    with pytest.raises(RateExceeded) as refused:
        bucket.take("ada")
    assert allowed(bucket, "bob")
    clock.now += refused.value.retry_after + 1e-6
    assert allowed(bucket)


def test_no_limit_keeps_no_books() -> None:
    bucket = Rate(0, Clock())
    assert all(allowed(bucket) for _ in range(1000))
    assert not bucket._buckets


def test_those_who_are_gone_are_forgotten_and_looked_for_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate, "REMEMBERED", 100)
    clock = Clock()
    bucket = Rate(5, clock)
    for person in range(200):
        bucket.take(f"early {person}")
    clock.now += 61
    for person in range(150):
        bucket.take(f"late {person}")
    assert all(name.startswith("late") for name in bucket._buckets)
    assert len(bucket._buckets) == 150  # those who wrote within the minute stay, however many they are


def test_the_price_of_a_request() -> None:
    budget = Budget(BudgetSettings(prices={"m": Price(input=0.25, output=2.0)}))
    assert budget.cost("m", 1_000_000, 1_000_000) == 2_250_000
    assert budget.cost("m", 10, 1) == round(2.5 + 2)
    assert budget.cost("unknown", 10**6, 10**6) == 0
    assert not budget.limited


def test_a_day_ends_where_the_tokens_or_the_money_end() -> None:
    budget = Budget(BudgetSettings(tokens_per_day=100, usd_per_day=0.5))
    assert budget.limited
    budget.check(Usage(60, 30), 10)
    for used, more in ((Usage(60, 30), 11), (Usage(cost_microusd=500_000), 0)):
        with pytest.raises(BudgetExceeded):
            budget.check(used, more)


async def test_requests_at_once_do_not_pass_the_limit_together() -> None:
    budget = Budget(BudgetSettings(tokens_per_day=100))
    gate, running, refused = asyncio.Event(), list[int](), list[int]()

    async def ask(person: int) -> None:
        try:
            with budget.reserve(person, Usage(10, 10), 40):
                running.append(person)
                await gate.wait()
        except BudgetExceeded:
            refused.append(person)

    asking = [asyncio.ensure_future(ask(person)) for person in (1, 1, 1, 2)]
    await asyncio.sleep(0)
    assert (running, refused) == ([1, 1, 2], [1])
    gate.set()
    await asyncio.gather(*asking)
    assert not budget._reserved


@given(st.lists(st.integers(0, 200), max_size=20))
def test_a_request_that_fails_gives_its_reservation_back(sizes: list[int]) -> None:
    budget = Budget(BudgetSettings(tokens_per_day=100))
    for size in sizes:
        with suppress(ValueError, BudgetExceeded), budget.reserve(1, Usage(), size):
            int("the request fails")
        assert not budget._reserved
