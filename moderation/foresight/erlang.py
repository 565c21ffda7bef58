"""Waiting times that queueing theory knows: what the simulation is checked against. Pure.

Rates per second, times in seconds; each function raises ValueError where more comes in than can be handled.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def chance_to_wait(servers: int, load: float) -> float:
    """Erlang C: the share of arrivals that find all servers busy. ``load`` is arrival rate × mean handle time.

    By Erlang B's recurrence, which stays exact where factorials overflow (Cooper, Introduction to Queueing Theory,
    1981, §3.3 and §3.4).
    """
    _check(load, servers)
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


def mean_wait(arrival_rate: float, handle_seconds: float, servers: int) -> float:
    """M/M/c: Poisson arrivals, exponential handle times, so many servers, first come first served."""
    load = arrival_rate * handle_seconds
    return chance_to_wait(servers, load) * handle_seconds / (servers - load)


def share_waiting_longer(arrival_rate: float, handle_seconds: float, servers: int, seconds: float) -> float:
    """M/M/c: the share of arrivals that wait longer than that (Cooper, §3.4)."""
    load = arrival_rate * handle_seconds
    return chance_to_wait(servers, load) * math.exp((load - servers) * seconds / handle_seconds)


def mean_wait_of_one(arrival_rate: float, handle_seconds: float, square: float) -> float:
    """M/G/1 (Pollaczek and Khinchine): one server, any handle times; ``square`` is the mean of their squares."""
    load = arrival_rate * handle_seconds
    _check(load, 1)
    return arrival_rate * square / (2 * (1 - load))


def mean_waits_by_priority(rates: Sequence[float], handle_seconds: float, servers: int) -> list[float]:
    """M/M/c with priorities, nobody being interrupted: the mean wait of each class, the highest priority first.

    A. Cobham, Priority Assignment in Waiting Line Problems, Operations Research 2 (1954).
    """
    load = sum(rates) * handle_seconds
    any_free_after = chance_to_wait(servers, load) * handle_seconds / servers
    waits: list[float] = []
    above = 0.0
    for rate in rates:
        upto = above + rate * handle_seconds / servers
        waits.append(any_free_after / ((1 - above) * (1 - upto)))
        above = upto
    return waits


def _check(load: float, servers: int) -> None:
    if not 0 < load < servers:
        raise ValueError(f"{servers} servers never keep up with a load of {load:g}, or nothing comes")
