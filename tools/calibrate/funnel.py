"""Promises of the diagnosis of a funnel: silent when nothing changed, power, no companions, money that covers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from ecops.finding import Finding
from ecops.funnel import FunnelTable, diagnose, presets
from ecops.funnel.causes.diagnosis import Diagnosis
from tools.calibrate.promises import Held, Promise
from tools.calibrate.shops import CHANNELS, END, Floats, memory_noise

RATES = (0.05, 0.12, 0.5, 0.8)
VALUE = 180.0


@dataclass(frozen=True, slots=True)
class Stream:
    """A funnel of five steps in six channels, by day.

    Attributes:
        people: exposures a week of each channel.
        days: days of the period, and of the days compared with.
        history: days before both.
        common: standard deviation of the daily shock (log) of a step's rate that all channels share.
        own: the same of each channel alone.
        memory: autocorrelation of both.
        overdispersion: variance of daily counts against independent people, without memory.
        dated: whether the tables have days.
    """

    people: tuple[float, ...] = (10_000, 25_000, 56_000, 100_000, 200_000, 400_000)
    days: int = 7
    history: int = 28
    common: float = 0.0
    own: float = 0.0
    memory: float = 0.0
    overdispersion: float = 1.0
    dated: bool = True


@dataclass(frozen=True, slots=True)
class Fall:
    """What is left of one step's rate in one channel during the period."""

    factor: float
    channel: int = 2
    step: int = 0


def tables(
    stream: Stream, random: np.random.Generator, fall: Fall | None
) -> tuple[FunnelTable, FunnelTable, FunnelTable]:
    """The funnel of the period, of the days compared with, and of the history."""
    channels, days = len(stream.people), stream.history + 2 * stream.days
    counts = np.zeros((days, channels, len(RATES) + 1))
    counts[:, :, 0] = random.poisson(np.array(stream.people) / 7, (days, channels))
    size = np.where(stream.overdispersion > 1, 1.0, 0.0)
    for step, base in enumerate(RATES):
        shock = stream.common * memory_noise(random, 1, days, stream.memory).T
        shock = shock + stream.own * memory_noise(random, channels, days, stream.memory).T
        rate = np.clip(base * np.exp(shock), 0.001, 0.98)
        if size:
            people = np.maximum(counts[:, :, step], 2.0)
            wide = np.maximum((people - stream.overdispersion) / (stream.overdispersion - 1), 0.5)
            rate = random.beta(rate * wide, (1 - rate) * wide)
        if fall is not None and fall.step == step:
            rate[-stream.days :, fall.channel] *= fall.factor
        counts[:, :, step + 1] = random.binomial(counts[:, :, step].astype(np.int64), rate)
    cut = stream.history, stream.history + stream.days
    parts = np.split(counts, cut)
    begin = END - dt.timedelta(days=days - 1)
    starts = [begin + dt.timedelta(days=place) for place in (0, *cut)]
    made = [_table(part, start, dated=stream.dated) for part, start in zip(parts, starts, strict=True)]
    return made[2], made[1], made[0]


def _table(daily: Floats, start: dt.date, *, dated: bool) -> FunnelTable:
    counts = daily.sum(0)
    days = tuple(start + dt.timedelta(days=place) for place in range(len(daily)))
    return FunnelTable(
        steps=presets()["five_steps"].steps,
        by=("channel",),
        segments=tuple((channel,) for channel in CHANNELS[: daily.shape[1]]),
        counts=counts,
        distinct=counts.sum(0),
        amount=counts[:, -1] * VALUE,
        mode="counts",
        order="count",
        unit="count",
        days=days if dated else (),
        daily=daily if dated else None,
    )


def diagnosed(
    stream: Stream, cases: int, seed: int, fall: Fall | None = None
) -> Iterator[tuple[Diagnosis, FunnelTable]]:
    """Diagnoses of simulated funnels, each with its own seed."""
    for child in np.random.SeedSequence(seed).spawn(cases):
        after, before, history = tables(stream, np.random.default_rng(child), fall)
        past = history if stream.dated and stream.history else None
        yield diagnose(replace(after, past=past), before), after


def _confirmed(found: Diagnosis) -> list[Finding]:
    return [finding for finding in found if finding.confidence == "confirmed"]


def silent(stream: Stream) -> Callable[[int, int], Held]:
    """How often nothing is confirmed when nothing changed."""

    def scene(cases: int, seed: int) -> Held:
        return Held(sum(not _confirmed(found) for found, _ in diagnosed(stream, cases, seed)), cases)

    return scene


def watched(stream: Stream) -> Callable[[int, int], Held]:
    """How many findings are to be watched when nothing changed."""

    def scene(cases: int, seed: int) -> Held:
        counts = np.array([len(found.watch) for found, _ in diagnosed(stream, cases, seed)], dtype=float)
        return Held(float(counts.sum()), cases, float(counts.var()))

    return scene


def _is_it(finding: Finding, fall: Fall) -> bool:
    step = presets()["five_steps"].steps[fall.step + 1].name
    return dict(finding.subject) == {"channel": CHANNELS[fall.channel], "step": step}


def power(stream: Stream, fall: Fall) -> Callable[[int, int], Held]:
    """How often the fall is confirmed in its own cell."""

    def scene(cases: int, seed: int) -> Held:
        every = diagnosed(stream, cases, seed, fall)
        return Held(sum(any(_is_it(one, fall) for one in _confirmed(found)) for found, _ in every), cases)

    return scene


def companions(stream: Stream, fall: Fall) -> Callable[[int, int], Held]:
    """How many other findings are confirmed beside the true one."""

    def scene(cases: int, seed: int) -> Held:
        every = diagnosed(stream, cases, seed, fall)
        counts = np.array([sum(not _is_it(one, fall) for one in _confirmed(found)) for found, _ in every], dtype=float)
        return Held(float(counts.sum()), cases, float(counts.var()))

    return scene


def covered(stream: Stream, fall: Fall) -> Callable[[int, int], Held]:
    """Of the falls confirmed in their cell, how many have a money interval that holds what was lost."""

    def scene(cases: int, seed: int) -> Held:
        hits = right = 0
        for found, after in diagnosed(stream, cases, seed, fall):
            mine = [one for one in _confirmed(found) if _is_it(one, fall)]
            if mine and mine[0].money is not None:
                # Who would have gone on at the true rate, and what one was worth later on.
                went_on, last = after.counts[fall.channel, fall.step + 1], after.counts[fall.channel, -1]
                lost = went_on * (1 / fall.factor - 1) * (last / went_on) * VALUE
                hits += 1
                right += mine[0].money.low <= -lost <= mine[0].money.high
        return Held(right, hits)

    return scene


PLAIN = Stream()
SHOCKED = Stream(common=0.08)
FIVE = replace(PLAIN, people=(10_000, 25_000, 95_000, 100_000, 200_000, 400_000))
"""A fall of 10 % of the first step of the third channel has an expected z of 5 against independent people."""


def _promises() -> Iterator[Promise]:
    scenes = {
        "plain": PLAIN,
        "common8": SHOCKED,
        "common8.memory5": replace(SHOCKED, memory=0.5),
        "own5.memory5": Stream(own=0.05, memory=0.5),
        "dispersion2": Stream(overdispersion=2.0),
        "small": replace(SHOCKED, people=(30.0, 40.0, 60.0, 80.0, 100.0, 200.0)),
        "month": replace(SHOCKED, days=28, memory=0.3),
        "undated.dispersion1.5": Stream(overdispersion=1.5, dated=False),
        "undated.dispersion2": Stream(overdispersion=2.0, dated=False),
        "undated.dispersion4": Stream(overdispersion=4.0, dated=False),
    }
    for name, stream in scenes.items():
        yield Promise(f"funnel.silent.{name}", "nothing is confirmed when nothing changed", 0.95, 1, silent(stream))
    yield Promise("funnel.watch.plain", "findings to watch when nothing changed", 0, 0.5, watched(PLAIN))
    yield Promise("funnel.watch.common8", "findings to watch when nothing changed", 0, 0.5, watched(SHOCKED))
    yield Promise("funnel.power.z5", "a fall of 10 % with z 5 is found in its cell", 0.75, 1, power(FIVE, Fall(0.9)))
    large = Fall(0.6, channel=4, step=1)
    yield Promise("funnel.companions.plain", "other findings beside the true one", 0, 0.1, companions(FIVE, Fall(0.9)))
    yield Promise("funnel.companions.common8", "other findings beside it", 0, 0.1, companions(SHOCKED, large))
    for name, stream, fall in (
        ("plain.10", FIVE, Fall(0.9)),
        ("common8.20", SHOCKED, Fall(0.8, channel=4, step=1)),
        ("common8.40", SHOCKED, large),
    ):
        said = "money of a confirmed finding holds what was lost"
        yield Promise(f"funnel.covers.{name}", said, 0.93, 0.97, covered(stream, fall))


PROMISES = tuple(_promises())
