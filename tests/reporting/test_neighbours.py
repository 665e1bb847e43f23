import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from registry.domain.embedding import Neighbour
from registry.reporting.neighbours import render_neighbours
from tests.reporting.factories import make_neighbours


def make_neighbour(rank=1, **changes):
    fields = {"rank": rank, "score": 0.75, "id": "d1", "source": "a.jsonl#1", "excerpt": "a cat"}
    return Neighbour.model_validate(fields | changes)


def render(answer, *, width=80):
    console = Console(width=width, file=io.StringIO(), color_system=None)
    console.print(render_neighbours(answer, width=width))
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_each_neighbour_is_one_line():
    lines = render(make_neighbours(make_neighbour(), make_neighbour(2, excerpt="two\n\n lines")))

    assert [
        "rank  score  id  begins",
        "   1  0.750  d1  a cat",
        "   2  0.750  d1  two lines",
    ] == lines


def test_terms_have_a_count_and_no_text():
    answer = make_neighbours(
        Neighbour(rank=1, score=0.5, id="猫", count=12_345), searched="terms", num_searched=9
    )

    assert ["rank  score  term   count", "   1  0.500  猫    12,345"] == render(answer)


def test_a_terminal_does_not_obey_a_document():
    (_, line) = render(make_neighbours(make_neighbour(id="a\x1b[2J", excerpt="\x1b[31mred\u202e")))

    assert "   1  0.750  a␛[2J  ␛[31mred⟨U+202E⟩" == line


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("text", ["word " * 60, "猫" * 160, "x" * 160, "\x00" * 160])
@pytest.mark.parametrize("id_", ["d1", "0123456789" * 9, "猫" * 40])
def test_what_does_not_fit_is_cut_and_marked(width, text, id_):
    lines = render(make_neighbours(make_neighbour(id=id_, excerpt=text)), width=width)

    assert 2 == len(lines)
    assert lines[1].endswith("…")
    assert max(map(cell_len, lines)) <= width
