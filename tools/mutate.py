"""`python -m tools.mutate [subject ...] [--each N] [--seed N]`: the tests of a folder must notice every changed line.

Cosmic Ray makes the mutants. The tests are collected once; each mutant is put into a fork of that process, and only the
tests that reach the changed line run there, the quickest first. `tests/mutation.toml` names the subjects, and the
mutants that cannot matter, with the reason. Left out: hints of types, decorators, defaults of
parameters and of classes, and `strict` of zip, which only guards against mistakes of our own.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import os
import random
import signal
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PLAN = ROOT / "tests" / "mutation.toml"
LONGEST = 2.0
"""Processor seconds of a test that still runs for every mutant; what only longer ones see is theirs to see."""
PATIENCE = 60
"""Processor seconds after which a mutant that does not come to an end counts as noticed."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed place.

    Attributes:
        module: path from the root.
        line: number of the line, from 1.
        before, after: the text of the line.
        source: the whole module.
    """

    module: str
    line: int
    before: str
    after: str
    source: str


def subjects() -> Mapping[str, Any]:
    """What is mutated, with which tests."""
    plan: Mapping[str, Any] = tomllib.loads(PLAN.read_text("utf-8"))
    return plan


def modules_of(subject: Mapping[str, Any]) -> list[str]:
    """Paths of the modules of a subject, in order."""
    left_out = tuple(subject.get("without", ()))
    found = [path for place in subject["modules"] for path in ([ROOT / place] if place.endswith(".py") else
             (ROOT / place).rglob("*.py"))]  # fmt: skip
    names = sorted({path.relative_to(ROOT).as_posix() for path in found})
    return [name for name in names if not name.endswith("__init__.py") and name not in left_out]


def mutants(module: str, count: int, seed: int) -> list[Mutant]:
    """So many mutants of a module, each at another place, drawn from a seed that other modules do not move."""
    import cosmic_ray.plugins
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.mutating import mutate_code

    source = (ROOT / module).read_text("utf-8")
    tree = get_ast(source)
    places: dict[tuple[int, int], list[tuple[str, int]]] = {}
    for name in sorted(cosmic_ray.plugins.operator_names()):
        kind = cosmic_ray.plugins.get_operator(name)
        if kind.arguments() or _hopeless(name):
            continue
        spots = ((node, start) for node in ast_nodes(tree) for start, _ in kind().mutation_positions(node))
        for number, (node, start) in enumerate(spots):
            if _matters(node):
                places.setdefault(start, []).append((name, number))
    draw = random.Random(f"{seed} {module}")  # noqa: S311
    chosen = draw.sample(sorted(places), min(count, len(places)))
    made = []
    for place in sorted(chosen):
        name, number = draw.choice(places[place])
        try:
            changed = mutate_code(source, cosmic_ray.plugins.get_operator(name)(), number)
        except AttributeError:
            continue  # Cosmic Ray cannot put another exception for one that is named with its module.
        pairs = zip(source.splitlines(), changed.splitlines(), strict=False)
        line = next((at for at, (old, new) in enumerate(pairs, 1) if old != new), place[0])
        made.append(Mutant(module, line, source.splitlines()[line - 1], changed.splitlines()[line - 1], changed))
    return made


def _hopeless(operator: str) -> bool:
    """Whether it puts an operator of bits or of identity for one of numbers, which any test at all would notice."""
    if not operator.startswith(("core/ReplaceBinary", "core/ReplaceComparison")):
        return False
    old, new = operator.split("_")[-2:]
    return new in _RARE and old not in _RARE


_RARE = {"LShift", "RShift", "BitOr", "BitAnd", "BitXor", "Is", "IsNot"}


def _matters(node: Any) -> bool:
    """Whether a node is more than a hint of a type, a decorator, a default, a guard or an import for types alone."""
    if node.type == "decorator" or (node.type == "if_stmt" and "TYPE_CHECKING" in node.children[1].get_code()):
        return False
    inside = False
    while node.parent is not None:
        above = node.parent
        hint = above.type in {"parameters", "decorator"} or (above.type == "annassign" and node is above.children[1])
        returned = above.type == "funcdef" and node is not above.children[-1]
        unused = above.type == "if_stmt" and "TYPE_CHECKING" in above.children[1].get_code()
        body = above.type == "classdef" and not inside
        guard = above.type == "argument" and above.children[0].get_code().strip() == "strict"
        alias = above.type == "expr_stmt" and "Literal[" in above.get_code()
        if hint or returned or unused or body or guard or alias:
            return False
        inside = inside or above.type in {"funcdef", "lambdef"}
        node = above
    return True


def in_fork(work: Callable[[], int], log: Path) -> int:
    """Exit code of some work in a process of its own, its output in a file."""
    child = os.fork()
    if child == 0:
        sink = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        code = 1
        try:
            code = work()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def put_in(mutant: Mutant) -> None:
    """Change the functions that have the line, wherever they are known, or the constants of the module."""
    path = str(ROOT / mutant.module)
    module = next(one for one in list(sys.modules.values()) if getattr(one, "__file__", None) == path)
    new = compile(mutant.source, path, "exec")
    changed = {place: code for place, code in _functions(new) if mutant.line in _lines(code)}
    inside = False
    gc.unfreeze()  # the tests set aside what stays to the end, which is all of it
    for found in gc.get_objects():
        if isinstance(found, FunctionType) and found.__code__.co_filename == path:
            code = changed.get((found.__code__.co_qualname, found.__code__.co_firstlineno))
            if code is not None:
                found.__code__, inside = code, True
    if not inside:  # also a constant made by a comprehension, which is a function that has come and gone
        _take_over(module, new)


def _functions(code: CodeType) -> Iterator[tuple[tuple[str, int], CodeType]]:
    """Functions and methods of a module by name and line; what stands inside them comes with them."""
    for part in code.co_consts:
        if isinstance(part, CodeType):
            if part.co_flags & 0x2:  # inspect.CO_NEWLOCALS: a function and not the body of a class
                yield (part.co_qualname, part.co_firstlineno), part
            else:
                yield from _functions(part)


def _lines(code: CodeType) -> set[int]:
    inside = {line for *_, line in code.co_lines() if line is not None}
    return inside.union(*(_lines(part) for part in code.co_consts if isinstance(part, CodeType)))


def _take_over(module: ModuleType, new: CodeType) -> None:
    """The constants of a changed module, for it and for all that took them from there."""
    fresh: dict[str, Any] = {
        "__name__": module.__name__,
        "__file__": module.__file__,
        "__package__": module.__package__,
    }
    exec(new, fresh)  # noqa: S102
    for name, value in fresh.items():
        old = module.__dict__.get(name)
        if name.startswith("__") or callable(value) or isinstance(value, ModuleType):
            continue
        for other in list(sys.modules.values()):
            known = getattr(other, "__dict__", {})
            if name in known and known[name] is old:
                known[name] = value


class Trial:
    """A plugin of pytest that runs the collected tests against mutants, not once.

    Args:
        modules: what is mutated.
        draw: how many mutants a module, and the seed.
        reached: where to write down which tests reach which lines.
        again: whether to believe what stands there.
    """

    def __init__(self, modules: Sequence[str], draw: tuple[int, int], reached: Path, *, again: bool) -> None:
        self.modules, self.draw, self.reached, self.again = modules, draw, reached, again
        self.verdicts: list[tuple[Mutant, str]] = []
        self.failed = False

    def pytest_runtestloop(self, session: Any) -> bool:
        """Measure once, then run every mutant."""
        items = {item.nodeid: item for item in session.items}
        room = self.reached.with_suffix("")
        room.mkdir(exist_ok=True)
        if not (self.again and self.reached.exists()) and in_fork(
            lambda: self._measure(session), room / "measured.log"
        ):
            self.failed = True
            return True
        reached = json.loads(self.reached.read_text("utf-8"))
        for module in self.modules:
            for number, mutant in enumerate(mutants(module, *self.draw)):
                tests = [items[test] for test in tests_of(mutant, reached) if test in items]
                log = room / f"{module.replace('/', '.')}.{number}.log"
                verdict = "not reached"
                if tests:
                    verdict = "killed" if in_fork(lambda m=mutant, t=tests: _run(m, t), log) else "survived"
                self.verdicts.append((mutant, verdict))
                if verdict != "killed":
                    sys.stderr.write(f"{verdict} {mutant.module}:{mutant.line}\n- {mutant.before}\n+ {mutant.after}\n")
        return True

    def _measure(self, session: Any) -> int:
        import coverage

        cover = coverage.Coverage(include=[str(ROOT / name) for name in self.modules], data_file=None)
        seconds = {}
        cover.start()
        for item in session.items:
            cover.switch_context(item.nodeid)
            began = time.process_time()
            item.ihook.pytest_runtest_protocol(item=item, nextitem=None)
            seconds[item.nodeid] = time.process_time() - began
        cover.stop()
        data = cover.get_data()
        lines = {
            Path(name).relative_to(ROOT).as_posix(): {
                str(line): [test for test in tests if test] for line, tests in data.contexts_by_lineno(name).items()
            }
            for name in data.measured_files()
        }
        self.reached.write_text(json.dumps({"seconds": seconds, "lines": lines}), "utf-8")
        return int(session.testsfailed > 0)


def _run(mutant: Mutant, items: Sequence[Any]) -> int:
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE + 5))
    signal.signal(signal.SIGXCPU, lambda *_: os._exit(1))
    put_in(mutant)
    session = items[0].session
    for item in items:
        item.ihook.pytest_runtest_protocol(item=item, nextitem=None)
        if session.testsfailed:
            return 1
    return 0


def tests_of(mutant: Mutant, reached: Mapping[str, Any]) -> list[str]:
    """Tests that reach the line, the quickest first; of a line that runs at import, those that reach the module."""
    lines = reached["lines"].get(mutant.module, {})
    tests = lines.get(str(mutant.line)) or sorted({test for found in lines.values() for test in found})
    seconds = reached["seconds"]
    return sorted(
        (test for test in tests if seconds.get(test, 0.0) <= LONGEST), key=lambda test: seconds.get(test, 0.0)
    )


def tried(name: str, subject: Mapping[str, Any], draw: tuple[int, int], room: Path, *, again: bool) -> Trial:
    """Every mutant of a subject with "killed", "survived" or "not reached"."""
    import pytest

    trial = Trial(modules_of(subject), draw, room / f"{name}.json", again=again)
    slow = [f"--deselect={test}" for test in subject.get("slow", ())]
    ended = pytest.main(
        ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--tb=line", *subject["tests"], *slow], plugins=[trial]
    )
    if ended == pytest.ExitCode.INTERNAL_ERROR:
        trial.failed = True
        sys.stdout.write(f"{name}: the run broke off, see above\n")
    elif trial.failed or not trial.verdicts:
        trial.failed = True
        sys.stdout.write(f"{name}: the tests fail without a change, see {room / name}\n")
    return trial


def main() -> int:
    """Print every mutant that nobody noticed, and the share that was; the exit code says whether it is enough."""
    plan = subjects()
    parser = argparse.ArgumentParser(prog="python -m tools.mutate", description=__doc__.splitlines()[0])
    parser.add_argument("subjects", nargs="*", help=f"of {', '.join(plan['subject'])}; all without")
    parser.add_argument("--each", type=int, default=plan["each"], help="mutants a module")
    parser.add_argument("--seed", type=int, default=plan["seed"], help="another draws others")
    parser.add_argument(
        "--room", type=Path, default=ROOT / ".mutation", help="folder for logs and for what tests reach"
    )
    parser.add_argument("--again", action="store_true", help="trust the last run for which test reaches what")
    asked = parser.parse_args()
    if importlib.util.find_spec("cosmic_ray") is None or importlib.util.find_spec("coverage") is None:
        sys.stderr.write("Install what makes the mutants first: pip install cosmic-ray coverage, or `make mutate`.\n")
        return 2
    asked.room.mkdir(parents=True, exist_ok=True)
    known = {(one["module"], one["before"], one["after"]) for one in plan.get("equivalent", ())}
    enough, draw, told = True, (asked.each, asked.seed), []
    for name in asked.subjects or plan["subject"]:
        trial = tried(name, plan["subject"][name], draw, asked.room, again=asked.again)
        verdicts = trial.verdicts
        killed = sum(verdict == "killed" for _, verdict in verdicts)
        left = [(one, verdict) for one, verdict in verdicts if verdict != "killed" and _text(one) not in known]
        told += [
            f"{verdict} {one.module}:{one.line}\n  - {one.before.strip()}\n  + {one.after.strip()}"
            for one, verdict in left
        ]
        share = killed / max(killed + len(left), 1)
        enough &= not trial.failed and share >= plan["at_least"]
        told.append(f"{name}: {killed} of {killed + len(left)} noticed, {100 * share:.0f} %")
    sys.stdout.write("\n".join(told) + "\n")
    return 0 if enough else 1


def _text(mutant: Mutant) -> tuple[str, str, str]:
    return mutant.module, mutant.before.strip(), mutant.after.strip()


if __name__ == "__main__":
    raise SystemExit(main())
