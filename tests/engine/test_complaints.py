"""Complaints: one line for each trouble, and only so many remembered."""

import logging

import pytest

from botcore.complaints import Complaints


def test_a_trouble_is_told_once_a_minute_and_when_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    complaints = Complaints(logging.getLogger("trouble"), lambda: now)
    with caplog.at_level(logging.INFO, "trouble"):
        for second in (0, 30, 59, 60, 119):
            now = second
            complaints.say("store", "no database (%d)", second)
        complaints.settle("the database is back", "store")
        complaints.settle("the database is back", "store")
    assert caplog.messages == ["no database (0)", "no database (60)", "the database is back"]


def test_of_many_channels_that_refuse_the_oldest_is_forgotten(caplog: pytest.LogCaptureFixture) -> None:
    complaints = Complaints(logging.getLogger("trouble"), lambda: 0.0)
    for channel in range(1_001):
        complaints.say(f"channel {channel}", "no permission in channel %d", channel)
    caplog.clear()
    complaints.say("channel 1000", "told already")
    complaints.say("channel 0", "told again")
    assert caplog.messages == ["told again"]
