"""The view for a person at a terminal: a few lines that are redrawn in place, with clocks that run."""

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

from homelab_tasks.model.events import Event, Log, Note, NoteKind, StepSeen, Transcript, Verdict, Watching
from homelab_tasks.model.pipelines.pipeline import Status
from homelab_tasks.model.secrets import Secrets
from homelab_tasks.report.ci_picture import workflow_of
from homelab_tasks.report.cleaning import presentable
from homelab_tasks.report.clock import Clock
from homelab_tasks.report.echo import Echo
from homelab_tasks.report.entries import log_line, note_line, transcript_line
from homelab_tasks.report.frame import frame, header
from homelab_tasks.report.lines import stamped
from homelab_tasks.report.outlet import Outlet
from homelab_tasks.report.painter import Painter
from homelab_tasks.report.picture import Picture
from homelab_tasks.report.result import Result
from homelab_tasks.report.styled import Line
from homelab_tasks.report.taskbar import Taskbar
from homelab_tasks.report.words import ending, last_line

Handler = Callable[[int, FrameType | None], object] | int | None
FRAME_SECONDS = 0.25  # four frames a second at most


class Live:
    """
    Progress on *stderr*, drawn anew when something changed or a second went by; the result on *stdout*.

    Thread-safe: a Ticker draws while the action waits for a server.
    """

    is_live = True

    def __init__(self, stdout: Outlet, painter: Painter, taskbar: Taskbar, *, clock: Clock, secrets: Secrets) -> None:
        """Draw with *painter*, and on the *taskbar*."""
        self._painter = painter
        self._taskbar = taskbar
        self._clock = clock
        self._secrets = secrets
        self._result = Result(stdout, colour=painter.colour)
        self._lock = threading.RLock()  # a signal may be handled while an event is being shown
        self._picture = Picture()
        self._above: list[Line] = []
        self._red_steps: set[tuple[int, str, str]] = set()
        self._painted_at: float | None = None
        self._is_over = False

    def show(self, event: Event) -> None:
        """Take *event* in, and draw it soon."""
        event = presentable(event, self._secrets, self._painter.writable)
        with self._lock:
            row = self._result.row(event)
            if row is not None:
                self._make_way()
                self._result.line(row)
                return
            now = self._clock.now()
            self._above += self._lasting(event)
            if not self._result.is_log:  # a log on the same terminal leaves no place for a frame
                self._picture = self._picture.after(event, now)
            if isinstance(event, Verdict):
                self._end(event)
            elif self._result.is_log or self._painted_at is None or now - self._painted_at >= FRAME_SECONDS:
                self.draw()

    def draw(self) -> None:
        """Bring the terminal up to date."""
        with self._lock:
            if self._is_over:
                return
            # One line stays free: the cursor rests there.
            shown = self._frame(self._painter.size()[1] - 1)
            above, self._above = self._above, []
            self._painter.paint(shown, above=above)
            self._taskbar.show(self._picture.fraction(self._clock.now()))
            self._painted_at = self._clock.now()

    def pause(self, stop: Callable[[], None]) -> None:
        """Draw nothing while *stop* stops the process, and go on below what has come meanwhile."""
        with self._lock:
            self._painter.forget()
            stop()

    def close(self) -> None:
        """Draw nothing any more; the last frame stays."""
        with self._lock:
            if not self._is_over:
                self.draw()
                self._taskbar.clear()
            self._is_over = True

    def _make_way(self) -> None:
        """Take the frame away for a row of the result, which may stand on the same terminal."""
        above, self._above = self._above, []
        self._painter.paint((), above=above)

    def _frame(self, height: int | None) -> list[Line]:
        # One column stays free: not every terminal agrees on when a full line wraps.
        width = self._painter.size()[0] - 1
        return frame(self._picture, width=width, height=height, now=self._clock.now(), marks=self._painter.marks)

    def _lasting(self, event: Event) -> list[Line]:
        """Write what is told once and stays, above the frame."""
        match event:
            case Watching() if self._picture.began is None:  # a part of a task names its own, too
                return header(event, self._painter.size()[0] - 1)
            case Note() if event.kind is not NoteKind.HEARTBEAT and not self._picture.shows(event.text):
                # The clock runs visibly, and so does the trouble of pods.
                return [stamped(note_line(event), self._clock)]
            case StepSeen() if Status(event.status).is_red:
                self._red_steps.add((event.pipeline, workflow_of(event), event.name))
            case Log() if (event.pipeline, event.workflow, event.step) not in self._red_steps:
                return [log_line(event)]
            case Transcript():
                return [transcript_line(event)]
        return []

    def _end(self, verdict: Verdict) -> None:
        """Draw the last frame, which has every row, and say what came of it."""
        said = ending(verdict, self._painter.marks, self._picture.ran(self._clock.now()))
        self._painter.paint((), above=[*self._above, *self._frame(None), *said])
        self._result.end(verdict)
        self._painter.paint((), above=[last_line(verdict)])
        self._taskbar.clear()
        self._is_over = True


class Ticker:
    """
    Draws *live* four times a second until it is closed; meanwhile there is no *echo*.

    After Ctrl-Z and `fg` it goes on below what the shell has written.
    """

    is_live = True

    def __init__(self, live: Live, echo: Echo) -> None:
        """Start at once."""
        self._live = live
        self._echo = echo
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live view", daemon=True)
        self._before: Handler = signal.SIG_DFL
        echo.off()
        with contextlib.suppress(ValueError):  # not in the main thread: whoever runs us there minds the signals
            self._before = signal.signal(signal.SIGTSTP, self._pause)
        self._thread.start()

    def show(self, event: Event) -> None:
        """Show *event*."""
        self._live.show(event)

    def close(self) -> None:
        """End the thread, and leave the last frame."""
        try:
            self._over.set()
            self._thread.join()
            self._live.close()
        finally:
            self._echo.on()
            with contextlib.suppress(ValueError):
                signal.signal(signal.SIGTSTP, self._before)

    def _pause(self, number: int, _frame: FrameType | None) -> None:
        self._echo.on()
        self._live.pause(lambda: _stop_by(number))
        self._echo.off()
        signal.signal(number, self._pause)

    def _run(self) -> None:
        while not self._over.wait(FRAME_SECONDS):
            self._live.draw()


def _stop_by(number: int) -> None:
    """Let the signal *number* stop this process, as it would have; returns when it goes on."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
