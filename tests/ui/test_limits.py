"""The limits of the page."""

from __future__ import annotations

import pytest

from mehealth_ui.limits import Gate, Rate, TooManyError


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_visitor_waits_after_a_minutes_worth() -> None:
    clock = Clock()
    rate = Rate(3, clock=clock)
    assert [rate.wait("a") for _ in range(3)] == [0, 0, 0]
    assert rate.wait("a") == pytest.approx(20)
    assert rate.wait("b") == 0
    clock.now = 20
    assert rate.wait("a") == 0
    assert rate.wait("a") > 0


def test_visitors_are_forgotten_when_there_are_too_many() -> None:
    rate = Rate(1, keys=2)
    for key in "abc":
        rate.wait(key)
    assert len(rate._left) == 2


def test_many_sessions_of_one_address_share_a_limit() -> None:
    gate = Gate.at(1)
    for number in range(40):
        gate.admit(f"session {number}", "192.0.2.7")
    with pytest.raises(TooManyError, match="ask again in"):
        gate.admit("one more", "192.0.2.7")
    gate.admit("someone else", "192.0.2.8")
