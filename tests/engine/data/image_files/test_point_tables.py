"""Tables of points as people save them, and one line for what is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metagen_gui.engine.data.image_files.listing import Unusable
from metagen_gui.engine.data.image_files.point_tables import is_table_name, read_points
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.settings.bad_input import BadInput

POINTS = [[1.5, -2.0], [3.0, 4.25]]


@pytest.mark.parametrize(
    "text",
    [
        "1.5,-2\n3,4.25",
        "1.5, -2.0\r\n3.0 , 4.25\r\n",
        "x,y\n1.5,-2\n3,4.25\n",
        '"x","y"\n"1.5","-2"\n"3","4.25"\n',
        "length;width\n1,5;-2\n3;4,25\n",
        "1.5;-2\n3;4.25",
        "1.5\t-2\n3\t4.25",
        "1.5 -2\n  3   4.25",
        "# made by hand\n\n1.5,-2\n\n# the second\n3,4.25\n",
        "time,y,x\n0,-2,1.5\n1,4.25,3\n",
        "Y;name;X\n-2;a;1,5\n4,25;b;3\n",
        "\ufeffx,y\n15e-1,-2\n3,4.25",
        "1.5,-2\n3,4.25\n1.5,-2\n",
    ],
)
def test_points_are_read_however_they_are_written(text: str) -> None:
    found = read_points(text.encode())
    assert found.dtype == np.float32 and found.tolist() == POINTS


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("# nothing\n\n", "empty"),
        ("1,2\n3,4,5\n", "line 2 has 3 columns, the first 2"),
        ("1,2\n\n3\n", "line 3 has 1 column, the first 2"),
        ("1,2,3\n4,5,6\n", "3 columns; it takes two, or a first line that says which are x and y"),
        ("a,b,c\n4,5,6\n", "3 columns; it takes two, or a first line that says which are x and y"),
        ("1\n2\n", "one column; it takes two, or a first line that says which are x and y"),
        ("x,y\n1,2\nnone,4\n", "line 3: 'none' is no number that can be used"),
        ("1,2\n3,nan\n", "line 2: 'nan' is no number that can be used"),
        ("1,2\ninf,3\n", "line 2: 'inf' is no number that can be used"),
        ("1,2\n3,1e300\n", "line 2: '1e300' is no number that can be used"),
        ("1,2\n3,1_000\n", "line 2: '1_000' is no number that can be used"),
        ("1,2\n3,<img src=a>\n", "line 2: '<img src=a>' is no number that can be used"),
        ("1,2\n3,a\x07b\n", "line 2: 'a\\\\x07b' is no number that can be used"),
    ],
)
def test_what_is_wrong_is_one_line_that_names_it(text: str, says: str) -> None:
    with pytest.raises(Unusable) as caught:
        read_points(text.encode())
    assert str(caught.value) == says


def test_what_is_no_text_is_said() -> None:
    with pytest.raises(Unusable, match=r"^not text \(UTF-8\)$"):
        read_points(b"1,2\n\xff\xfe,3")


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(*[st.floats(-1e6, 1e6, width=32)] * 2), min_size=1, max_size=20, unique=True),
    st.sampled_from([",", ";", "\t", " "]),
    st.booleans(),
)
def test_what_is_written_comes_back(points: list[tuple[float, float]], sign: str, heading: bool) -> None:
    text = (f"x{sign}y\n" if heading else "") + "\n".join(f"{x!r}{sign}{y!r}" for x, y in points)
    distinct = [*dict.fromkeys((x + 0.0, y + 0.0) for x, y in points)]  # 0 and -0 are one
    np.testing.assert_array_equal(read_points(text.encode()), np.array(distinct, np.float32))


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=60), st.text("0123456789,;.-e# \n\tx", max_size=60).map(str.encode)))
def test_no_bytes_whatsoever_raise_anything_but_the_one_thing(data: bytes) -> None:
    try:
        found = read_points(data)
    except Unusable as error:
        assert str(error) and "\n" not in str(error)
    else:
        assert found.ndim == 2 and found.shape[1] == 2 and np.isfinite(found).all()


def test_names_of_tables() -> None:
    assert all(map(is_table_name, ("a.csv", "b.TSV", "c.txt"))) and not any(map(is_table_name, ("d.png", "csv")))


def test_a_table_is_a_persons_own_points_of_a_density(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("1.5,-2\n3,4.25\n")
    family = Experiment("densities").task_family()
    assert family.read(tmp_path / "own.csv", "own.csv")[0].tolist() == POINTS
    (tmp_path / "own.png").write_bytes(b"no table")
    with pytest.raises(
        BadInput, match=r"own\.png is neither a folder nor a zip, nor one of tables of points \(\.csv\)"
    ):
        family.read(tmp_path / "own.png", "own.png")
