"""The deck as a program draws it: nothing beyond its slide, its box or another text, and no slide without a word."""

import collections
import dataclasses
import datetime as dt
import io
import itertools
import re
import shutil
import subprocess
import unicodedata
import xml.etree.ElementTree as ET

import pandas as pd
import pytest
from pptx import Presentation
from pptx.util import Pt

from ecops.messages import Message
from ecops.reports import Bullets, Section, Table
from ecops.reports.write import render
from ecops.review import Action, FollowUp, report, weekly
from ecops.store.inputs import open_data

pytestmark = pytest.mark.skipif(
    not (shutil.which("soffice") and shutil.which("pdftotext")),
    reason="needs soffice (libreoffice-impress) and pdftotext (poppler-utils)",
)
FOOT = 7.0 * 72
"""Points from the upper edge to mark and page number."""

HANGING = 13.0
"""Points that a full stop may hang beyond the end of a Chinese line."""

LONG = {
    "zh": "由于双十一预售期间老客提前下单而新客转化率（含直播间与短视频渠道）持续低于去年同期水平，",
    "en": "Because returning customers ordered early in the presale while conversion of newcomers stayed low, ",
}


def few():
    """Three orders in one week."""
    rows = [
        {"platform": "jd", "shop": "s", "order_id": str(n), "line_id": "1", "sku": "a",
         "ordered_at": dt.datetime(2026, 11, 9 + 3 * n, 12), "paid_at": dt.datetime(2026, 11, 9 + 3 * n, 13),
         "paid_amount": 100.0, "quantity": 1, "status": "paid", "buyer_id": str(n)}
        for n in range(3)
    ]  # fmt: skip
    return weekly(open_data({"order_lines": pd.DataFrame(rows)}))


def wordy(review, language):
    """Every text of the review many times as long, every list longer than a slide."""
    text = LONG[language]

    def long(times):
        return Message("{text}", text=text * times)

    findings = tuple(
        dataclasses.replace(
            one,
            headline=long(2 + number % 6),
            evidence=long(1 + number % 5),
            notes=(long(1), long(number)),
            action=None if one.action is None else dataclasses.replace(one.action, text=long(1 + number % 4)),
        )
        for number, one in enumerate(review.findings * 3)
    )
    action = Action(
        "1", (text * 3)[:190], "design", "gmv", person="x" * 60, due=dt.date(2026, 11, 9), hypothesis=text * 4
    )
    followups = tuple(FollowUp(action, "worked", long(place % 4 + 1)) for place in range(12))
    return dataclasses.replace(
        review,
        verdict=long(4),
        findings=findings,
        followups=followups,
        decisions=followups,
        alerts=tuple(
            dataclasses.replace(review.alerts[0], sentence=Message("{text}", text=f"{n} {text * 2}")) for n in range(9)
        ),
        notes=tuple(long(times) for times in (1, 3, 30)),
        annotations=tuple(dataclasses.replace(review.annotations[0], name=text, note=text * n) for n in range(9)),
        receipts=tuple(long(2) for _ in range(40)),
    )


def guest(language):
    """What a capability may add: more columns than usual, words nobody can break."""
    columns = tuple(f"{LONG[language][:12]} {number}" for number in range(9))
    rows = tuple((f"SKU-{number}-{'X' * 40}", *["1,234"] * 8) for number in range(30))
    return Section(
        Message("{text}", text=LONG[language]), (Table(columns, rows), Bullets((Message("{text}", text="ok"),)))
    )


@pytest.fixture(scope="module")
def decks(shop, tmp_path_factory):
    """Name -> bytes of the slides, and the folder with each as PDF, all made in one go."""
    folder, review = tmp_path_factory.mktemp("rendered"), weekly(shop)
    made = {}
    for language in ("zh", "en"):
        content = {
            "sample": report(review, data=shop),
            "few": report(few()),
            "wordy": report(wordy(review, language), LONG[language], (guest(language),), data=shop),
        }
        made |= {f"{name}_{language}": render(one, "pptx", language) for name, one in content.items()}
    for name, deck in made.items():
        (folder / f"{name}.pptx").write_bytes(deck)
    own = f"-env:UserInstallation=file://{folder / 'profile'}"
    command = ["soffice", own, "--headless", "--convert-to", "pdf", "--outdir", str(folder)]
    files = [str(folder / f"{name}.pptx") for name in made]
    subprocess.run([*command, *files], check=True, capture_output=True, timeout=240)
    return made, folder


NAMES = [f"{name}_{language}" for name in ("sample", "few", "wordy") for language in ("zh", "en")]


def pages(folder, name):
    """For each page its size and words: (left, top, right, bottom, text) in points."""
    command = ["pdftotext", "-bbox", str(folder / f"{name}.pdf"), "-"]
    told = subprocess.run(command, check=True, capture_output=True).stdout.decode()
    root = ET.fromstring(re.sub(r'<!DOCTYPE[^>]*>|xmlns="[^"]*"', "", told))
    sides = ("xMin", "yMin", "xMax", "yMax")
    return [
        (
            (float(page.get("width")), float(page.get("height"))),
            [(*(float(word.get(side)) for side in sides), word.text or "") for word in page.iter("word")],
        )
        for page in root.iter("page")
    ]


def slides(decks, name):
    return list(Presentation(io.BytesIO(decks[0][name])).slides)


def edges(shape):
    """Left, top, right, bottom of a shape in points."""
    left, top, wide, tall = (side / Pt(1) for side in (shape.left, shape.top, shape.width, shape.height))
    return left, top, left + wide, top + tall


def overlap(one, other):
    """Width and height of what two rectangles share; negative where they do not."""
    return min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])


def signs(text):
    """How often each sign occurs; the signs of ligatures apart, spaces and bullets left out."""
    return collections.Counter(re.sub(r"\s", "", unicodedata.normalize("NFKC", text)))


def content(slide):
    """Shapes that hold something; the pale panels behind figures do not."""
    return [
        shape
        for shape in slide.shapes
        if shape.has_chart or shape.has_table or (shape.has_text_frame and shape.text_frame.text)
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_slide_is_drawn_and_none_is_empty(decks, name):
    drawn = pages(decks[1], name)
    assert len(drawn) == len(slides(decks, name))
    for slide, (_, words) in zip(slides(decks, name), drawn, strict=True):
        # More than heading, mark, subject and number.
        assert len(content(slide)) > 4
        assert any(75 < word[1] < FOOT for word in words)


@pytest.mark.parametrize("name", NAMES)
def test_no_word_is_outside_its_slide_or_in_its_foot(decks, name):
    for number, ((wide, tall), words) in enumerate(pages(decks[1], name), start=1):
        for left, top, right, bottom, text in words:
            assert min(left, top) >= 0, (number, text)
            assert (right <= wide, bottom <= tall) == (True, True), (number, text)
            assert bottom <= FOOT + 2 or top >= FOOT - 2, (number, text)
        foot = [word for word in words if word[1] >= FOOT - 2]
        assert foot[0][4] == "ecops"
        assert [word[4] for word in foot if word[0] > wide * 0.9] == [str(number)]


@pytest.mark.parametrize("name", NAMES)
def test_no_two_words_lie_on_each_other(decks, name):
    for number, (_, words) in enumerate(pages(decks[1], name), start=1):
        ordered = sorted(words, key=lambda word: word[1])
        for place, one in enumerate(ordered):
            for other in itertools.takewhile(lambda word, one=one: word[1] < one[3], ordered[place + 1 :]):
                wide, tall = overlap(one, other)
                # The boxes of words are a little taller than their letters.
                assert wide < 1 or tall < 0.45 * min(one[3] - one[1], other[3] - other[1]), (number, one, other)


@pytest.mark.parametrize("name", NAMES)
def test_boxes_tables_and_charts_stand_apart_and_inside(decks, name):
    for number, slide in enumerate(slides(decks, name), start=1):
        places = [edges(shape) for shape in content(slide)]
        for left, top, right, bottom in places:
            assert min(left, top) >= 0, number
            assert (right <= 960.1, bottom <= 540.1) == (True, True), number
        for one, other in itertools.combinations(places, 2):
            assert min(overlap(one, other)) < 0.1, number


@pytest.mark.parametrize("name", NAMES)
def test_every_text_is_drawn_whole_inside_its_box(decks, name):
    for number, (slide, (_, words)) in enumerate(zip(slides(decks, name), pages(decks[1], name), strict=True), start=1):
        for shape in content(slide):
            if shape.has_chart:
                continue
            if shape.has_table:
                told = "".join(cell.text for row in shape.table.rows for cell in row.cells)
            else:
                told = shape.text_frame.text
            left, top, right, bottom = edges(shape)
            inside = [
                word for word in words
                if left - 1 <= word[0] and word[2] <= right + HANGING and top - 3 <= word[1] and word[3] <= bottom + 6
            ]  # fmt: skip
            assert not signs(told) - signs("".join(word[4] for word in inside)), (number, told)
