"""
Images: does this reference name that commit?

A reference is `REPOSITORY[:TAG][@DIGEST]`. Only the tag can name a commit: never the registry's host or port, the
path, or the digest, however much hex they hold.
"""

import re
from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from homelab_tasks.errors import UsageError
from homelab_tasks.model.commit import SHORT_SHA_LENGTH

SHORTEST_SHA = 7  # what git abbreviates to; less is found in words and dates
_RUN = re.compile(r"(?<![0-9a-z])(?:(?:g|sha|git|commit|rev)[-_.]?)?([0-9a-f]{7,40})(?![0-9a-z])", re.IGNORECASE)
_DIRTY = re.compile(r"(?<![0-9a-z])dirty(?![0-9a-z])", re.IGNORECASE)
_REFERENCE = re.compile(r"[0-9A-Za-z][\w./:@+-]*", re.ASCII)  # registries are stricter, each in its own way
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_SHA_PLACEHOLDER = re.compile(r"sha(\d*)")
_DEFAULT_REGISTRIES = ("docker.io/", "index.docker.io/", "registry-1.docker.io/")
_MOVING_TAG = "latest"
FULL_SHA_LENGTH = 40


class Reference(Struct, frozen=True, kw_only=True):
    """An image reference, taken apart. *written* is how it stands there; *repository* is without Docker's defaults."""

    written: str
    repository: str
    tag: str | None = None
    digest: str | None = None


def parse_reference(written: str) -> Reference:
    """Take *written* apart; a port is not a tag."""
    name, _, digest = written.strip().partition("@")
    head, slash, tail = name.rpartition("/")
    last, _, tag = tail.partition(":")
    return Reference(
        written=written.strip(),
        repository=_without_defaults(f"{head}{slash}{last}"),
        tag=tag or None,
        digest=digest or None,
    )


def _without_defaults(repository: str) -> str:
    for registry in _DEFAULT_REGISTRIES:
        repository = repository.removeprefix(registry)
    return repository.removeprefix("library/")


class Naming(StrEnum):
    """What a reference says about a commit."""

    NAMES = "names"
    OTHER = "other"  # it names, or may name, something else
    DIRTY = "dirty"  # the commit plus changes that no commit holds
    CANNOT = "cannot"  # a reference of this form can never name a commit


def naming(reference: Reference, sha: str) -> Naming:
    """Does the tag of *reference* name the commit *sha* (40 hex)?"""
    if reference.tag is None or reference.tag == _MOVING_TAG:
        return Naming.CANNOT
    if abbreviation(reference, sha) is None:
        return Naming.OTHER
    return Naming.DIRTY if _DIRTY.search(reference.tag) else Naming.NAMES


def abbreviation(reference: Reference, sha: str) -> str | None:
    """The longest run of hex in the tag of *reference* that is *sha*, or the beginning of it."""
    runs = [run.lower() for run in _RUN.findall(reference.tag or "")]
    return max((run for run in runs if sha.lower().startswith(run)), key=len, default=None)


def needs_sha(template: str) -> bool:
    """Does *template* hold a placeholder, so that a commit must be known?"""
    return "{" in template


def expand_template(template: str, sha: str) -> Reference:
    """
    The exact image that *template* (`registry/web:{sha8}`) stands for.

    `{sha}` is the full sha, `{sha7}` to `{sha40}` its beginning. Raises UsageError for any other placeholder, and
    for what can be no image, which would be waited for in vain.
    """

    def replace(placeholder: re.Match[str]) -> str:
        known = _SHA_PLACEHOLDER.fullmatch(placeholder[1])
        length = int(known[1] or FULL_SHA_LENGTH) if known else 0
        if not SHORTEST_SHA <= length <= FULL_SHA_LENGTH:
            hint = "known placeholders: {sha}, and {sha7} to {sha40}"
            raise UsageError(f"unknown placeholder {placeholder[0]!r} in image {template!r}", hint=hint)
        return sha[:length]

    expanded = _PLACEHOLDER.sub(replace, template.strip())
    if not _REFERENCE.fullmatch(expanded):
        raise UsageError(f"{template!r} is no image", hint="write it as registry.example.org/web:TAG")
    return parse_reference(expanded)


class Wanted(Struct, frozen=True, kw_only=True):
    """The image that is waited for: an *exact* one, or any whose tag names the commit *sha*."""

    sha: str | None = None
    exact: Reference | None = None

    @property
    def text(self) -> str:
        """How people call it: the short sha, or the image."""
        if self.exact is not None:
            return self.exact.written
        return (self.sha or "")[:SHORT_SHA_LENGTH]

    def judge(self, reference: Reference) -> Naming:
        """Is *reference* the one that is waited for?"""
        if self.exact is not None:
            return Naming.NAMES if is_same_image(reference, self.exact) else Naming.OTHER
        return naming(reference, self.sha or "")


def is_same_image(reference: Reference, exact: Reference) -> bool:
    """
    Is *reference* the *exact* image?

    A digest beside the tag is more than was asked for; a missing tag is `latest`.
    """
    if reference.written == exact.written:
        return True
    if reference.repository != exact.repository:
        return False
    if exact.digest is not None:
        return reference.digest == exact.digest and exact.tag in {None, reference.tag}
    return (reference.tag or _MOVING_TAG) == (exact.tag or _MOVING_TAG) and not _is_pinned_only(reference)


def _is_pinned_only(reference: Reference) -> bool:
    return reference.tag is None and reference.digest is not None


class ContainerImage(Struct, frozen=True, kw_only=True):
    """A container of a pod template, and its image. *init* ones run before the others."""

    name: str
    image: str
    init: bool = False


class Answer(Struct, frozen=True, kw_only=True):
    """
    Whether a pod template is the one waited for.

    *named* is true when every container of the commit's repository names it. *image* is the image to show: the
    commit's, or what stands there instead. *lagging* are containers of the same repository that do not name it
    yet. *abbreviation* is the shortest run of hex that it was named by. *warning* says why this can, or may, never
    come true, and *hint* what would help.
    """

    named: bool
    image: str | None = None
    lagging: tuple[ContainerImage, ...] = ()
    abbreviation: str | None = None
    warning: str | None = None
    hint: str | None = None


def answer(containers: Iterable[ContainerImage], wanted: Wanted, *, pinned: str | None = None) -> Answer:
    """
    Do *containers*, those of a pod template, name what is *wanted*?

    With *pinned*, only the container of that name is asked. Otherwise every container, init containers too, of a
    repository from which one names the commit must name it; other repositories are sidecars.
    """
    everyone = tuple(containers)
    asked = tuple(each for each in everyone if pinned in {None, each.name})
    if not asked:
        known = ", ".join(each.name for each in everyone)
        return Answer(named=False, warning=f"there is no container {pinned!r}", hint=f"containers there: {known}")
    naming_it = [each for each in asked if _judge(each, wanted) is Naming.NAMES]
    if not naming_it:
        return _not_named(asked, wanted)
    repositories = {parse_reference(each.image).repository for each in naming_it}
    family = [each for each in asked if parse_reference(each.image).repository in repositories]
    lagging = tuple(each for each in family if each not in naming_it)
    runs = [abbreviation(parse_reference(each.image), wanted.sha or "") or "" for each in naming_it]
    return Answer(named=not lagging, image=naming_it[0].image, lagging=lagging, abbreviation=min(runs, key=len) or None)


def _judge(container: ContainerImage, wanted: Wanted) -> Naming:
    return wanted.judge(parse_reference(container.image))


def _not_named(asked: tuple[ContainerImage, ...], wanted: Wanted) -> Answer:
    judged = [(each, _judge(each, wanted)) for each in asked]
    main = next((each for each, _ in judged if not each.init), asked[0])
    for each, found in judged:
        if found is Naming.DIRTY:
            warning = f"{each.image} was built from {wanted.text} with uncommitted changes, which no commit holds"
            return Answer(named=False, image=each.image, warning=warning, hint="build it from a clean checkout")
    if all(found is Naming.CANNOT for _, found in judged):
        return Answer(named=False, image=main.image, warning=_cannot(main), hint=HINT_CANNOT_NAME)
    return Answer(named=False, image=main.image)


HINT_CANNOT_NAME = "tag images with the commit's sha, or say which it is: --image REF, deploy.image in invoke.yaml"


def _cannot(container: ContainerImage) -> str:
    reference = parse_reference(container.image)
    if reference.tag is not None:
        return f"{container.image} can name no commit: its tag {reference.tag!r} moves"
    why = "it is a digest only" if reference.digest else "it has no tag"
    return f"{container.image} can name no commit: {why}"
