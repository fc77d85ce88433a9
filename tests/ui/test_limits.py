"""The limits of the page."""

from __future__ import annotations

import pytest

from mehealth_ui.limits import Gate, Rate, Slots, TooManyError


def test_a_visitor_waits_after_a_minutes_worth() -> None:
    now = [0.0]
    rate = Rate(3, clock=lambda: now[0])
    assert [rate.wait("a") for _ in range(3)] == [0, 0, 0]
    assert rate.wait("a") == pytest.approx(20)
    assert rate.wait("b") == 0
    now[0] = 20
    assert rate.wait("a") == 0
    assert rate.wait("a") > 0


def test_visitors_are_forgotten_when_there_are_too_many() -> None:
    rate = Rate(1, keys=2, clock=lambda: 0.0)
    assert [rate.wait(key) for key in "abc"] == [0, 0, 0]
    assert rate.wait("c") > 0
    assert rate.wait("a") == 0


def test_many_sessions_of_one_address_share_a_limit() -> None:
    gate = Gate.at(1)
    for number in range(40):
        gate.admit(f"session {number}", "192.0.2.7")
    with pytest.raises(TooManyError, match="ask again in"):
        gate.admit("one more", "192.0.2.7")
    gate.admit("someone else", "192.0.2.8")


def test_slots_are_counted_for_one_and_for_all() -> None:
    slots = Slots(2, 1, "drafts")
    slots.take("ada")
    with pytest.raises(TooManyError, match="1 drafts of yours"):
        slots.take("ada")
    slots.take("bob")
    with pytest.raises(TooManyError, match="2 drafts of others"):
        slots.take("cyd")
    slots.free("ada")
    slots.take("cyd")
