"""Which references name a commit, and which only look like it."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from homelab_tasks.errors import UsageError
from homelab_tasks.model.rollouts.image import (
    ContainerImage,
    Naming,
    Wanted,
    answer,
    expand_template,
    is_same_image,
    naming,
    parse_reference,
)

SHA = "3f9c2ab7d1e04f5566778899aabbccddeeff0011"
OTHER = "91ab04cd1e04f5566778899aabbccddeeff00112"
DIGEST = "sha256:" + "3f9c2ab7" * 8


@pytest.mark.parametrize(
    "tag",
    [
        SHA, SHA[:7], SHA[:8], SHA[:12], SHA[:39], SHA.upper(), SHA[:7].upper(),
        f"sha-{SHA}", f"sha-{SHA[:7]}", f"sha{SHA[:7]}", f"git-{SHA[:7]}", f"g{SHA[:7]}", f"rev.{SHA[:8]}",
        f"commit-{SHA[:8]}",
        f"v1.2.3-14-g{SHA[:7]}", f"v1.2-{SHA[:7]}", f"1.2.3_{SHA[:9]}", f"main-{SHA[:7]}-1764080000", f"main-{SHA}",
        f"{SHA[:7]}-amd64", f"{SHA}-linux-arm64", f"20261125-{SHA[:7]}", f"{SHA[:8]}.20261125", f"pr-12-{SHA[:10]}",
        f"release.{SHA[:7]}.debug", f"deadbee-{SHA[:7]}", f"{SHA[:7]}_debug",
    ],
)  # fmt: skip
def test_a_tag_names_the_commit_when_it_holds_the_sha(tag: str) -> None:
    assert naming(parse_reference(f"reg.example.org:5000/team/app:{tag}"), SHA) is Naming.NAMES


@pytest.mark.parametrize(
    "reference",
    [
        f"app:{SHA[:6]}", f"app:{OTHER}", f"app:{OTHER[:7]}", "app:20260101", "app:deadbee", "app:v1.2.3", "app:main",
        f"app:x{SHA[:7]}", f"app:{SHA[:7]}x", f"app:{SHA}0", f"app:{SHA}{SHA[:24]}", f"app:{SHA[:7]}{OTHER[:7]}",
        f"{SHA[:7]}.example.org/app:v1", f"reg/{SHA[:7]}:v1", f"reg/app-{SHA}:main", f"app:v1@{DIGEST}",
        f"app:{SHA[1:9]}", f"app:build{SHA[:7]}", f"{SHA[:7]}:5000/app:v1",
    ],
)  # fmt: skip
def test_a_reference_does_not_name_the_commit_when_hex_stands_elsewhere(reference: str) -> None:
    assert naming(parse_reference(reference), SHA) is Naming.OTHER


@pytest.mark.parametrize(
    "reference",
    ["app", "reg:5000/app", "app:latest", "reg/app:latest", f"app@{DIGEST}", f"reg:5000/app@{DIGEST}", f"{SHA}",
     f"app:latest@{DIGEST}"],
)  # fmt: skip
def test_a_reference_can_name_no_commit_when_it_has_no_tag_that_stays(reference: str) -> None:
    assert naming(parse_reference(reference), SHA) is Naming.CANNOT


@pytest.mark.parametrize(
    "tag", [f"{SHA[:7]}-dirty", f"{SHA}.dirty", f"v1-2-g{SHA[:7]}-dirty", f"{SHA[:7]}-DIRTY-amd64"]
)
def test_a_dirty_build_is_not_the_commit_when_it_holds_the_sha(tag: str) -> None:
    assert naming(parse_reference(f"app:{tag}"), SHA) is Naming.DIRTY


@given(
    st.text("0123456789abcdef", min_size=40, max_size=40),
    st.integers(7, 40),
    st.sampled_from(["", "v1.2.3-4-g", "main-", "sha-", "2026-"]),
    st.sampled_from(["", "-amd64", ".1764080000", "_x"]),
)
def test_every_abbreviation_names_its_commit_and_not_another(sha: str, length: int, before: str, after: str) -> None:
    other = ("0" if sha[0] != "0" else "1") + sha[1:]
    assume(not other.startswith("2026"))
    reference = parse_reference(f"reg:5000/app:{before}{sha[:length]}{after}@{DIGEST}")

    assert naming(reference, sha) is Naming.NAMES
    assert naming(reference, other) is Naming.OTHER


@given(st.text(max_size=60), st.text("0123456789abcdef", min_size=40, max_size=40))
def test_any_text_is_judged_without_an_error(text: str, sha: str) -> None:
    assert naming(parse_reference(text), sha) in Naming


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("reg/web:{sha}", f"reg/web:{SHA}"),
        ("reg/web:{sha7}", f"reg/web:{SHA[:7]}"),
        ("reg/web:v1-{sha8}-arm64", f"reg/web:v1-{SHA[:8]}-arm64"),
        ("reg/web:{sha40}", f"reg/web:{SHA}"),
        ("reg/web:stable", "reg/web:stable"),
    ],
)
def test_a_template_is_the_exact_image(template: str, expected: str) -> None:
    assert expand_template(template, SHA).written == expected


@pytest.mark.parametrize(
    "template", ["reg/web:{sha6}", "reg/web:{sha41}", "reg/web:{tag}", "reg/web:{}", "reg/web:{SHA}"]
)
def test_a_template_is_refused_when_its_placeholder_is_unknown(template: str) -> None:
    with pytest.raises(UsageError, match="unknown placeholder"):
        expand_template(template, SHA)


@pytest.mark.parametrize("template", ["reg/web:{sha", "reg/web:a b", "reg/web:a,b", ":tag", "{sha8}}"])
def test_what_can_be_no_image_is_refused_and_not_waited_for(template: str) -> None:
    with pytest.raises(UsageError, match="is no image"):
        expand_template(template, SHA)


@pytest.mark.parametrize(
    ("reference", "exact", "same"),
    [
        ("reg/web:a", "reg/web:a", True),
        (f"reg/web:a@{DIGEST}", "reg/web:a", True),
        ("docker.io/library/nginx:1.27", "nginx:1.27", True),
        ("nginx", "nginx:latest", True),
        (f"reg/web:a@{DIGEST}", f"reg/web@{DIGEST}", True),
        (f"reg/web@{DIGEST}", f"reg/web@{DIGEST}", True),
        ("reg/web:b", "reg/web:a", False),
        ("other/web:a", "reg/web:a", False),
        (f"reg/web@{DIGEST}", "reg/web:a", False),
        (f"reg/web@{DIGEST}", "reg/web", False),
        ("reg/web:a", f"reg/web:a@{DIGEST}", False),
        (f"reg/web:b@{DIGEST}", f"reg/web:a@{DIGEST}", False),
    ],
)
def test_an_exact_image_is_the_same_when_only_what_nobody_asked_for_differs(
    reference: str, exact: str, same: bool
) -> None:
    assert is_same_image(parse_reference(reference), parse_reference(exact)) is same


def containers(*images: str) -> list[ContainerImage]:
    """Containers c0, c1 … of *images*; one that starts with ! is an init container."""
    return [
        ContainerImage(name=f"c{number}", image=image.removeprefix("!"), init=image.startswith("!"))
        for number, image in enumerate(images)
    ]


WANTED = Wanted(sha=SHA)


@pytest.mark.parametrize(
    ("images", "named"),
    [
        ([f"reg/app:{SHA[:7]}"], True),
        ([f"reg/app:{SHA[:7]}", "envoy:v1"], True),
        ([f"reg/app:{SHA[:7]}", f"reg/app:{SHA}"], True),
        ([f"!reg/app:{SHA[:7]}", f"reg/app:{SHA[:7]}"], True),
        (["!reg/app:old", f"reg/app:{SHA[:7]}"], False),
        ([f"reg/app:{SHA[:7]}", f"reg/app:{OTHER[:7]}"], False),
        ([f"reg/app:{SHA[:7]}", "reg/app:latest"], False),
        ([f"reg/app:{SHA[:7]}", f"reg/app@{DIGEST}"], False),
        ([f"reg/app:{SHA[:7]}", "reg/app-migrate:old"], True),
        ([f"docker.io/team/app:{SHA[:7]}", "team/app:old"], False),
        (["reg/app:old"], False),
    ],
)
def test_every_container_of_the_commits_repository_must_name_it(images: list[str], named: bool) -> None:
    assert answer(containers(*images), WANTED).named is named


def test_the_containers_that_lag_are_told_when_a_template_is_half_updated() -> None:
    found = answer(containers(f"reg/app:{SHA[:7]}", "reg/app:old"), WANTED)

    assert [each.name for each in found.lagging] == ["c1"]


def test_only_the_pinned_container_is_asked_when_one_is_named() -> None:
    there = containers(f"reg/app:{SHA[:7]}", "reg/app:old")

    assert answer(there, WANTED, pinned="c0").named
    assert not answer(there, WANTED, pinned="c1").named


def test_the_containers_there_are_listed_when_the_pinned_one_does_not_exist() -> None:
    found = answer(containers("reg/app:old"), WANTED, pinned="nosuch")

    assert not found.named
    assert found.warning == "there is no container 'nosuch'"
    assert found.hint == "containers there: c0"


@pytest.mark.parametrize("image", ["reg/app:latest", "reg/app", f"reg/app@{DIGEST}"])
def test_it_is_said_at_once_when_an_image_can_name_no_commit(image: str) -> None:
    found = answer(containers(image), WANTED)

    assert found.warning is not None
    assert "can name no commit" in found.warning
    assert "--image" in (found.hint or "")


def test_nothing_is_warned_of_when_an_exact_image_is_waited_for() -> None:
    exact = Wanted(exact=parse_reference("reg/app:stable"))

    assert answer(containers("reg/app:latest"), exact).warning is None
    assert answer(containers("reg/app:stable"), exact).named


def test_a_dirty_build_is_called_that_when_it_stands_there() -> None:
    found = answer(containers(f"reg/app:{SHA[:7]}-dirty"), WANTED)

    assert not found.named
    assert "uncommitted changes" in (found.warning or "")
