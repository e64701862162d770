"""How an end is put into words: the result for programs, the last line for people, and why it is red."""

import shlex
from collections.abc import Iterator, Mapping

from homelab_tasks.durations import format_duration
from homelab_tasks.model.commit import SHORT_SHA_LENGTH
from homelab_tasks.model.events import Failure, Verdict
from homelab_tasks.model.pipelines.judgement import describe, workflow_name
from homelab_tasks.model.verdict import Word
from homelab_tasks.report.marks import Marks
from homelab_tasks.report.styled import Line, Span, Style, verdict_style, words

ABSENT = "-"


def short(sha: str | None) -> str | None:
    """Cut a full sha to what people read."""
    return sha[:SHORT_SHA_LENGTH] if sha else None


def result_line(verdict: Verdict) -> str:
    """
    Write the result for stdout: word, pipelines or targets, commit, URL; `failed 128 3f9c2e1 https://…`.

    What is not known is `-`, and left out at the end.
    """
    numbers = ",".join(str(pipeline.number) for pipeline in verdict.pipelines)
    targets = ",".join(target.target for target in verdict.targets)
    fields = [str(verdict.verdict), numbers or targets, short(verdict.commit), verdict.url]
    while not fields[-1]:
        fields.pop()
    return " ".join(field or ABSENT for field in fields)


def last_line(verdict: Verdict) -> Line:
    """
    Write the last line on stderr: word, reason, and what to do next.

    The exit code stands in it where it is not 0: it survives `| tail`, which hides the real one.
    """
    code = f" (exit {verdict.exit_code})" if verdict.exit_code else ""
    line = (Span(str(verdict.verdict), verdict_style(verdict.verdict)), Span(f": {verdict.reason}{code}"))
    if not verdict.hint:
        return line
    separator = ". " if verdict.hint[:1].isupper() else "; "
    return (*line, Span(separator + verdict.hint))


def headline(verdict: Verdict, reason: str, marks: Marks, ran: Mapping[int, float]) -> Line:
    """
    Write the line that an ending starts with: sign, word, what, how long, and the *reason*.

    Of a pipeline that is how long it *ran*, by its number: whoever watched it may have come late.
    """
    style = verdict_style(verdict.verdict)
    sign = marks.good if verdict.verdict.is_good else marks.bad if verdict.verdict is Word.FAILED else marks.skipped
    return words(Span(f"{sign} {verdict.verdict}", style), *_subjects(verdict, ran), reason)


def _subjects(verdict: Verdict, ran: Mapping[int, float]) -> Iterator[str | Span | None]:
    for pipeline in verdict.pipelines:
        yield from (f"#{pipeline.number}", _took(ran.get(pipeline.number)))
    if not verdict.pipelines:
        if not any(verdict.reason.startswith(f"{target.target}:") for target in verdict.targets):  # it says which
            yield " ".join(target.target for target in verdict.targets)
        yield _took(verdict.seconds)


def _took(seconds: float | None) -> Span | None:
    return None if seconds is None else Span(format_duration(seconds), Style.DIM)


def ending(verdict: Verdict, marks: Marks, ran: Mapping[int, float]) -> list[Line]:
    """
    Write what came of it, where there is more to say than the last line does: why it is red. *ran* as in `headline`.

    For each failure it tells where it was, the last lines of its log and the command that shows more.
    """
    if not verdict.failures:
        return []
    reason = _whole_reason(verdict)
    lines = [headline(verdict, reason, marks, ran)]
    lines += [line for failure in verdict.failures for line in _failure_lines(failure, verdict, reason, marks)]
    if len(lines) == 1 and not verdict.pipelines:
        return []  # the last line says the same
    red = sorted({failure.pipeline for failure in verdict.failures if failure.pipeline is not None})
    lines += [words("  retry ", f"{marks.call}ci.restart --pipeline {number} --watch") for number in red]
    urls = [pipeline.url for pipeline in verdict.pipelines if pipeline.number in red] or [verdict.url or ""]
    return [*lines, *((Span("  "), Span(url, link=url)) for url in urls if url)]


def _whole_reason(verdict: Verdict) -> str:
    """Take the only failure's words for the reason, where they say the same and more."""
    titles = [describe(failure) for failure in verdict.failures]
    return titles[0] if len(titles) == 1 and titles[0].startswith(verdict.reason) else verdict.reason


def _failure_lines(failure: Failure, verdict: Verdict, reason: str, marks: Marks) -> list[Line]:
    title = describe(failure)
    is_only = len(verdict.failures) == 1
    is_told = title in reason or (is_only and failure.error is not None and failure.error in reason)
    lines = [] if is_told else [words(Span(f"{marks.bad} {title}", Style.BAD))]
    lines += [(Span(f"  {marks.bar} ", Style.DIM), Span(text)) for text in failure.tail]
    if failure.pipeline is not None and failure.workflow and failure.step:
        step = shlex.quote(f"{workflow_name(failure.workflow, failure.axis)}/{failure.step}")
        lines.append(words("  log   ", f"{marks.call}ci.logs --pipeline {failure.pipeline} --step {step}"))
    return lines
