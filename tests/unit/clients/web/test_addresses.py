"""The book of addresses."""

import pytest

from homelab_tasks.clients.web.addresses import QUIET_SECONDS, AddressBook
from homelab_tasks.locations import Address, HostPattern
from homelab_tasks.settings import LoadBalancer

FIRST, SECOND, THIRD = Address("10.0.0.1"), Address("10.0.0.2:8443"), Address("::3")
HOST = "ci.homelab.test"


@pytest.fixture
def book() -> AddressBook:
    return AddressBook(LoadBalancer(addresses=(FIRST, SECOND, THIRD), hosts=(HostPattern("*.homelab.test"),)))


def test_the_order_of_the_settings_is_kept_at_first(book: AddressBook) -> None:
    assert book.addresses(HOST) == (FIRST, SECOND, THIRD)


def test_a_host_that_is_not_pinned_has_no_address(book: AddressBook) -> None:
    assert book.addresses("ci.example.org") == ()


def test_an_address_that_failed_is_dialled_last(book: AddressBook) -> None:
    book.demote(HOST, FIRST)
    assert book.addresses(HOST) == (SECOND, THIRD, FIRST)

    book.demote(HOST, SECOND)
    assert book.addresses(HOST) == (THIRD, FIRST, SECOND)


def test_a_failure_is_remembered_for_every_spelling_of_a_host_and_for_no_other_host(book: AddressBook) -> None:
    book.demote("CI.homelab.test.", FIRST)

    assert book.addresses(HOST) == (SECOND, THIRD, FIRST)
    assert book.addresses("git.homelab.test") == (FIRST, SECOND, THIRD)


def test_an_address_is_asked_for_seconds_only_when_there_is_another_to_turn_to(book: AddressBook) -> None:
    assert book.quiet_seconds(HOST, 20.0) == QUIET_SECONDS
    assert book.quiet_seconds(HOST, 2.0) == 2.0
    assert book.quiet_seconds("ci.example.org", 20.0) == 20.0


def test_every_address_gets_its_full_time_when_all_of_them_are_silent(book: AddressBook) -> None:
    for address in (FIRST, SECOND):
        book.was_silent(HOST, address)
        assert book.quiet_seconds(HOST, 20.0) == QUIET_SECONDS

    book.was_silent(HOST, THIRD)

    assert book.addresses(HOST) == (FIRST, SECOND, THIRD)
    assert book.quiet_seconds(HOST, 20.0) == 20.0


def test_a_host_that_is_slow_to_answer_is_left_its_time(book: AddressBook) -> None:
    book.answered(HOST, 10.0)
    book.answered(HOST, 0.1)

    assert book.quiet_seconds(HOST, 20.0) == 20.0


def test_a_silence_is_forgotten_when_another_address_answers(book: AddressBook) -> None:
    for _ in range(5):
        book.was_silent(HOST, FIRST)
        book.answered(HOST, 0.1)

    assert book.quiet_seconds(HOST, 20.0) == QUIET_SECONDS
