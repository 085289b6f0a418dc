"""What crosses the pipe of the worker arrives as it was: sheets, messages and errors."""

import json

import pytest

from ecops.errors import EcopsError, FileError
from ecops.messages import Count, Message, Money
from ecops.sources import wire
from ecops.sources.files.grid import Grid
from tests.sources.reading import read


@pytest.mark.parametrize("reading", ["strict", "padded"])
def test_a_grid_survives_the_pipe(tmp_path, reading):
    data = b'sku,title\n1,"a "b" c"\n' + (b"2\n" if reading == "padded" else b"")
    (grid,) = read(tmp_path, data)
    assert grid.notes
    assert Grid.from_dict(json.loads(json.dumps(grid.to_dict()))) == grid


def test_errors_survive_the_pipe():
    error = FileError(
        Message("{n} rows of {what}", n=Count(3), what=Message("x {m}", m=Money(1.5, "USD"))),
        None,
        {"row": 3, "file": "甲"},
    )
    back = wire.unpack_error(json.loads(json.dumps(wire.pack_error(error))))
    assert type(back) is FileError
    assert back.text("zh") == error.text("zh")
    assert (back.what, back.hint, back.where) == (error.what, None, error.where)


def test_every_error_class_survives_the_pipe():
    class SpecialError(FileError):
        pass

    for kind in (EcopsError, *EcopsError.__subclasses__(), SpecialError):
        packed = wire.pack_error(kind(Message("x")))
        assert isinstance(wire.unpack_error(packed), EcopsError)
    assert type(wire.unpack_error(wire.pack_error(SpecialError(Message("x"))))) is FileError
