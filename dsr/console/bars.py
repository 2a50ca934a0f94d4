"""Progress bars on stderr, for people who wait."""

from rich.console import Console as Rich
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from dsr.console.words import Words


class Bars:
    """Shows one stretch of work at a time; the bar goes away when the stretch is over."""

    def __init__(self, screen: Rich, words: Words) -> None:
        """Draw on that screen, in that language."""
        self._screen = screen
        self._words = words
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def begin(self, what: str, total: int | None) -> None:
        """A stretch starts; an unfinished one before it is over."""
        self.end()
        columns = [SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(bar_width=24)]
        counted = [MofNCompleteColumn(), TimeElapsedColumn()]
        self._bar = Progress(*columns, *counted, console=self._screen, transient=True)
        self._task = self._bar.add_task(self._words.of("work", what), total=total)
        self._bar.start()

    def advance(self, count: int) -> None:
        """That many more are done."""
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task, count)

    def end(self) -> None:
        """The stretch is over."""
        if self._bar is not None:
            self._bar.stop()
        self._bar = self._task = None
