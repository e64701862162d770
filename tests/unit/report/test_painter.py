import hypothesis.strategies as st
from hypothesis import given

from homelab_tasks.report.outlet import Outlet
from homelab_tasks.report.painter import Painter
from homelab_tasks.report.styled import Line, Span, Style, plain
from tests.unit.report.screen import Screen


def lines(*texts: str) -> list[Line]:
    return [(Span(text, Style.GOOD),) for text in texts]


def painter_on(screen: Screen, *, links: bool = False, colour: bool = True) -> Painter:
    return Painter(Outlet(screen), screen.size, colour=colour, links=links)


def test_a_frame_replaces_the_one_before_it_when_it_is_shorter() -> None:
    screen = Screen()
    painter = painter_on(screen)

    painter.paint(lines("one", "two", "three"))
    painter.paint(lines("1"))

    assert screen.text() == ["1"]
    assert (screen.x, screen.y) == (0, 1)


def test_lines_above_stay_when_the_frame_is_drawn_again() -> None:
    screen = Screen()
    painter = painter_on(screen)

    painter.paint(lines("frame"))
    painter.paint(lines("frame"), above=lines("note"))
    painter.paint(lines("FRAME"))

    assert screen.text() == ["note", "FRAME"]


def test_nothing_is_written_when_nothing_changed() -> None:
    screen = Screen()
    painter = painter_on(screen)
    painter.paint(lines("frame"))
    before = screen.writes

    painter.paint(lines("frame"))

    assert screen.writes == before


def test_no_half_line_stays_when_the_terminal_got_narrower() -> None:
    screen = Screen(80, 24)
    painter = painter_on(screen)
    painter.paint(lines("a" * 79, "b" * 79), above=lines("note"))

    screen.resize(40, 24)
    painter.paint(lines("a" * 39, "b" * 39))

    assert screen.text() == ["note", "a" * 39, "b" * 39]


def test_no_line_above_is_lost_when_the_terminal_got_wider_again() -> None:
    screen = Screen(80, 24)
    painter = painter_on(screen)
    painter.paint(lines("a" * 79), above=lines("first", "second"))
    screen.resize(40, 24)
    painter.paint(lines("a" * 39))

    screen.resize(100, 24)
    painter.paint(lines("a" * 99))

    assert screen.text() == ["first", "second", "a" * 99]


def test_the_terminal_is_left_as_it_was_after_each_frame() -> None:
    screen = Screen()

    painter_on(screen).paint(lines("frame"))

    assert screen.modes == {"?7": True, "?25": True, "?2026": False}


def test_a_line_does_not_wrap_when_it_is_wider_than_was_measured() -> None:
    screen = Screen(10, 5)
    painter = painter_on(screen)

    painter.paint(lines("0123456789abc", "next"))

    assert screen.text() == ["012345678c", "next"]


def test_links_are_written_only_where_the_terminal_has_them() -> None:
    plain_screen, linking = Screen(), Screen()
    frame = [(Span("#128", link="https://ci.test/128"),)]

    painter_on(plain_screen).paint(frame)
    painter_on(linking, links=True).paint(frame)

    assert plain_screen.strings == []
    assert linking.strings == ["8;;https://ci.test/128", "8;;"]
    assert linking.text() == ["#128"]


texts = st.text("ab 日é", min_size=1, max_size=30).map(str.strip).filter(bool)
moves = st.lists(
    st.tuples(st.integers(20, 60), st.lists(texts, max_size=4), st.lists(texts, max_size=2)), min_size=1, max_size=8
)


@given(moves)
def test_the_screen_always_ends_with_the_frame_and_holds_every_line_above_once(
    moves: list[tuple[int, list[str], list[str]]],
) -> None:
    screen = Screen(80, 100)
    painter = painter_on(screen)
    told: list[str] = []

    for columns, frame, above in moves:
        screen.resize(columns, 100)
        fitting = [text[:9].rstrip() for text in frame]  # 18 cells at most
        painter.paint(lines(*fitting), above=lines(*above))
        told += above

        assert "".join("".join(screen.text()).split()) == "".join("".join([*told, *fitting]).split())
        assert screen.text()[len(screen.text()) - len(fitting) :] == fitting


def test_a_frame_is_plain_when_colours_are_not_wanted() -> None:
    screen = Screen()
    stream = Outlet(screen)

    Painter(stream, screen.size, colour=False, links=False).paint(lines("frame"))

    assert screen.text() == [plain(lines("frame")[0])]
