"""Confidence intervals for the mean of independent replications. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """A mean and how far from it the true one may be, at the confidence that was asked for."""

    mean: float
    half_width: float

    @property
    def low(self) -> float:
        return self.mean - self.half_width

    @property
    def high(self) -> float:
        return self.mean + self.half_width

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


def interval(values: Sequence[float], confidence: float) -> Interval:
    """The interval that holds the true mean in that share of all repetitions, from at least two independent values.

    By Student's t: exact for values that are normal, which means over thousands of cases nearly are.
    """
    reach = student_t(len(values) - 1, confidence)
    return Interval(statistics.fmean(values), reach * statistics.stdev(values) / math.sqrt(len(values)))


def student_t(freedom: int, confidence: float) -> float:
    """The t within which Student's distribution with so many degrees of freedom has that share, both sides together."""
    low, high = 0.0, 1.0
    while _share_within(high, freedom) < confidence:
        low, high = high, high * 2
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if _share_within(middle, freedom) < confidence else (low, middle)
    return high


def _share_within(t: float, freedom: int) -> float:
    """Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 (odd) and 26.7.4 (even)."""
    angle = math.atan(t / math.sqrt(freedom))
    odd = freedom % 2
    term = math.cos(angle) if odd else 1.0
    total = 0.0
    for number in range(2 + odd, freedom + 1, 2):
        total += term
        term *= math.cos(angle) ** 2 * (number - 1) / number
    total *= math.sin(angle)
    return 2 / math.pi * (angle + total) if odd else total
