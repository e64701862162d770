"""The pin, against real TLS sockets on loopback."""

import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from homelab_tasks.clients.vault import Vault
from homelab_tasks.clients.web.addresses import AddressBook
from homelab_tasks.clients.web.authorization import Bearer
from homelab_tasks.clients.web.http import Http
from homelab_tasks.clients.web.session import PinnedSession
from homelab_tasks.clients.web.trust import Trust
from homelab_tasks.errors import TransientError, UntrustedError, UsageError
from homelab_tasks.locations import Address, HostPattern, Url
from homelab_tasks.settings import LoadBalancer
from tests.servers import CLOSE, RESET, Asked, BlackHole, Server, Tunnel, response

NAME = "ci.homelab.test"
CANARY = "canary-token-4f1d9a"


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA(organization_name="Homelab Test Authority")


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trust") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def tls_for(authority: trustme.CA, *names: str, expires: datetime | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    before = datetime.now(UTC) - timedelta(days=30)
    certificate = authority.issue_cert(*names, not_before=before, not_after=expires)
    certificate.configure_cert(context)
    return context


def self_signed(directory: Path, name: str, *, has_name: bool = True) -> ssl.SSLContext:
    """A certificate that is its own authority, left in *directory* as own.pem; *name* may be its common name only."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    if has_name:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    (directory / "own.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (directory / "own.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "own.pem", directory / "own.key")
    return context


@pytest.fixture(scope="session")
def tls(authority: trustme.CA) -> ssl.SSLContext:
    return tls_for(authority, NAME, "*.homelab.test")


def tmp_authority(directory: Path) -> Path:
    """The certificate of an authority that has issued nothing."""
    trustme.CA().cert_pem.write_to_path(str(directory / "other.pem"))
    return directory / "other.pem"


def hello(asked: Asked) -> list[bytes]:
    return response(b'{"hello": "world"}')


def session_for(ca_file: Path | None, *addresses: str, hosts: tuple[str, ...] = (NAME,)) -> PinnedSession:
    pins = LoadBalancer(
        addresses=tuple(Address(address) for address in addresses), hosts=tuple(HostPattern(host) for host in hosts)
    )
    return PinnedSession(AddressBook(pins), Trust(ca_file))


def ask(session: PinnedSession, port: int, *, name: str = NAME, path: str = "/", scheme: str = "https") -> object:
    base = Url(f"{scheme}://{name}:{port}")
    http = Http(base, session, auth=Bearer(base, lambda: CANARY), connect_timeout=5, read_timeout=5)
    return http.get(path, dict)


@pytest.fixture
def server(tls: ssl.SSLContext) -> Iterator[Server]:
    with Server(hello, "127.0.0.2", tls=tls) as running:
        yield running


def test_the_name_stays_in_sni_and_host_header_when_its_address_is_pinned(server: Server, ca_file: Path) -> None:
    assert ask(session_for(ca_file, "127.0.0.2"), server.port) == {"hello": "world"}

    (asked,) = server.asked
    assert asked.sni == NAME
    assert asked.headers["host"] == f"{NAME}:{server.port}"
    assert asked.headers["authorization"] == f"Bearer {CANARY}"


def test_the_port_of_the_address_is_dialled_when_it_has_one(server: Server, ca_file: Path) -> None:
    ask(session_for(ca_file, f"127.0.0.2:{server.port}"), 443)

    assert server.asked[0].headers["host"] == NAME


@pytest.mark.parametrize("name", ["CI.Homelab.Test", "ci.homelab.test."])
def test_a_name_is_pinned_in_every_spelling(server: Server, ca_file: Path, name: str) -> None:
    ask(session_for(ca_file, "127.0.0.2"), server.port, name=name)

    assert server.asked[0].sni == NAME


def test_plain_http_is_pinned_too(ca_file: Path) -> None:
    with Server(hello, "127.0.0.2") as plain:
        ask(session_for(ca_file, "127.0.0.2"), plain.port, scheme="http")

    assert plain.asked[0].headers["host"] == f"{NAME}:{plain.port}"


def test_an_ipv6_address_is_dialled(tls: ssl.SSLContext, ca_file: Path) -> None:
    with Server(hello, "::1", tls=tls) as server:
        ask(session_for(ca_file, "::1"), server.port)
        ask(session_for(ca_file, f"[::1]:{server.port}"), 443)

    assert [asked.sni for asked in server.asked] == [NAME, NAME]


def test_one_connection_serves_several_requests(server: Server, ca_file: Path) -> None:
    session = session_for(ca_file, "127.0.0.2")

    for _ in range(3):
        ask(session, server.port)

    assert server.connections == 1


@pytest.mark.parametrize("name", ["ci.homelab.test.evil.test", "evil-ci.homelab.test", "a.b.homelab.test"])
def test_a_look_alike_is_not_pinned(server: Server, ca_file: Path, name: str) -> None:
    session = session_for(ca_file, "127.0.0.2", hosts=("ci.homelab.test", "*.lab.homelab.test"))

    with pytest.raises(TransientError, match=f"{name} is not known to DNS"):
        ask(session, server.port, name=name)
    assert server.asked == []


def test_a_host_that_is_not_listed_goes_by_dns_with_the_same_certificates(authority: trustme.CA, ca_file: Path) -> None:
    with Server(hello, "127.0.0.1", tls=tls_for(authority, "localhost")) as server:
        ask(session_for(ca_file, "127.0.0.2"), server.port, name="localhost")

    assert server.asked[0].sni == "localhost"


def test_the_second_address_answers_when_the_first_refuses_and_is_remembered(server: Server, ca_file: Path) -> None:
    session = session_for(ca_file, "127.0.0.9", "127.0.0.2")

    ask(session, server.port)

    assert session.book.addresses(NAME) == ("127.0.0.2", "127.0.0.9")


def test_the_second_address_answers_within_seconds_when_the_first_is_a_black_hole(
    server: Server, ca_file: Path
) -> None:
    with BlackHole("127.0.0.5") as hole:
        session = session_for(ca_file, f"127.0.0.5:{hole.port}", f"127.0.0.2:{server.port}")
        started = time.monotonic()
        ask(session, 443)
        took = time.monotonic() - started
        session.close()
        started = time.monotonic()
        ask(session, 443)
        again = time.monotonic() - started

    assert 2.5 < took < 4.5
    assert again < 1


def test_the_second_address_answers_when_the_first_hangs_in_the_handshake(
    server: Server, ca_file: Path, tls: ssl.SSLContext
) -> None:
    with Server(hello, "127.0.0.3", port=server.port) as mute:
        session = session_for(ca_file, "127.0.0.3", "127.0.0.2")
        started = time.monotonic()
        ask(session, server.port)

    assert time.monotonic() - started < 4.5
    assert mute.asked == []


def test_the_next_try_goes_to_another_address_within_seconds_when_one_takes_the_request_and_is_mute(
    server: Server, ca_file: Path, tls: ssl.SSLContext
) -> None:
    def mute(_: Asked) -> Iterator[bytes]:
        time.sleep(30)
        yield b""

    with Server(mute, "127.0.0.3", port=server.port, tls=tls):
        http = Http(Url(f"https://{NAME}:{server.port}"), session_for(ca_file, "127.0.0.3", "127.0.0.2"))
        started = time.monotonic()
        with pytest.raises(TransientError, match="did not answer in time"):
            http.get("/", dict)
        took = time.monotonic() - started

        assert http.get("/", dict) == {"hello": "world"}

    assert took < 6.5


def test_the_next_try_goes_to_another_address_when_one_answers_with_errors(
    server: Server, ca_file: Path, tls: ssl.SSLContext
) -> None:
    with Server(lambda _: response(b"", 503), "127.0.0.3", port=server.port, tls=tls):
        session = session_for(ca_file, "127.0.0.3", "127.0.0.2")
        with pytest.raises(TransientError, match="answers HTTP 503"):
            ask(session, server.port)

        assert ask(session, server.port) == {"hello": "world"}


@pytest.mark.parametrize("ending", [[CLOSE], [RESET], [response(b'{"a": 1}')[0][:-3], CLOSE]])
def test_the_next_try_goes_to_another_address_when_one_hangs_up(
    server: Server, ca_file: Path, tls: ssl.SSLContext, ending: list[bytes]
) -> None:
    with Server(lambda _: ending, "127.0.0.3", port=server.port, tls=tls):
        session = session_for(ca_file, "127.0.0.3", "127.0.0.2")
        with pytest.raises(TransientError):
            ask(session, server.port)

        assert ask(session, server.port) == {"hello": "world"}


def test_every_address_is_named_when_none_answers(ca_file: Path) -> None:
    with BlackHole("127.0.0.5") as hole:
        session = session_for(ca_file, "127.0.0.9", f"127.0.0.5:{hole.port}")
        with pytest.raises(TransientError) as raised:
            ask(session, 443)

    assert str(raised.value) == f"127.0.0.9 refused, 127.0.0.5:{hole.port} timed out"
    assert not raised.value.answered
    assert not raised.value.sent


def test_a_proxy_is_passed_by_when_the_host_is_pinned(
    server: Server, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(hello) as proxy:
        for variable in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"):
            monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.port}")
        ask(session_for(ca_file, "127.0.0.2"), server.port)

    assert proxy.asked == []


def test_a_host_that_is_not_pinned_goes_through_the_proxy(ca_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(hello) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "direct.homelab.test")
        session = session_for(ca_file, "127.0.0.2")
        ask(session, 8080, name="other.homelab.test", scheme="http")
        with pytest.raises(TransientError, match="is not known to DNS"):
            ask(session, 8080, name="direct.homelab.test", scheme="http")

    assert [asked.target for asked in proxy.asked] == ["http://other.homelab.test:8080/"]


def test_certificates_are_checked_through_a_proxy_too(
    authority: trustme.CA, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secured = tls_for(authority, "other.homelab.test")
    with Server(hello, tls=secured) as server, Tunnel(server.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        assert ask(session_for(ca_file), 8443, name="other.homelab.test") == {"hello": "world"}
        with pytest.raises(UntrustedError):
            ask(session_for(None), 8443, name="other.homelab.test")
        with pytest.raises(UntrustedError):
            ask(session_for(ca_file), 8443, name="wrong.homelab.test")
        monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))
        other = tmp_authority(ca_file.parent)
        assert ask(session_for(other), 8443, name="other.homelab.test") == {"hello": "world"}


def test_a_proxy_that_refuses_is_named(ca_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(lambda _: response(b"", 403)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(TransientError, match=r"other\.homelab\.test:8443 cannot be reached through the proxy"):
            ask(session_for(ca_file), 8443, name="other.homelab.test")


def test_netrc_is_not_read(server: Server, ca_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {NAME} login someone password from-netrc\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    session = session_for(ca_file, "127.0.0.2")

    ask(session, server.port)
    Http(Url(f"https://{NAME}:{server.port}"), session).get("/", dict)
    session.get(f"https://{NAME}:{server.port}/")  # as hvac does

    assert [asked.headers.get("authorization") for asked in server.asked] == [f"Bearer {CANARY}", None, None]


def test_the_bundle_of_the_environment_does_not_replace_ca_file(
    server: Server, ca_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(variable, str(other))

    ask(session_for(ca_file, "127.0.0.2"), server.port)

    assert len(server.asked) == 1


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE"])
def test_the_certificates_of_the_system_are_trusted_beside_ca_file(
    server: Server, ca_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    monkeypatch.setenv(variable, str(ca_file))

    ask(session_for(other, "127.0.0.2"), server.port)

    assert len(server.asked) == 1


def test_the_certificates_of_requests_are_trusted_where_the_system_has_none(
    tmp_path: Path, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))

    plain, own = Trust(), Trust(ca_file)

    assert plain.context.cert_store_stats()["x509_ca"] > 50
    assert not plain.widen()
    assert own.context.cert_store_stats()["x509_ca"] == 1
    assert own.widen()
    assert own.context.cert_store_stats()["x509_ca"] > 50


def test_verification_cannot_be_switched_off(server: Server) -> None:
    session = session_for(None, "127.0.0.2")
    session.verify = False

    with pytest.raises(UntrustedError):
        session.get(f"https://{NAME}:{server.port}/", verify=False)
    assert server.asked == []


def test_the_issuer_is_named_when_it_is_not_trusted(server: Server) -> None:
    with pytest.raises(UntrustedError) as raised:
        ask(session_for(None, "127.0.0.2"), server.port)

    assert str(raised.value) == (
        f'the certificate of {NAME} at 127.0.0.2 is issued by "Homelab Test Authority", which is not trusted'
    )
    assert "ca_file" in (raised.value.hint or "")


def test_the_day_is_named_when_a_certificate_has_expired(authority: trustme.CA, ca_file: Path) -> None:
    expired = tls_for(authority, NAME, expires=datetime(2026, 11, 1, tzinfo=UTC))
    with Server(hello, "127.0.0.2", tls=expired) as server, pytest.raises(UntrustedError) as raised:
        ask(session_for(ca_file, "127.0.0.2"), server.port)

    assert str(raised.value) == (
        f'the certificate of {NAME} at 127.0.0.2 expired on 2026-11-01 (issued by "Homelab Test Authority")'
    )


def test_the_clocks_are_suspected_when_a_certificate_is_not_valid_yet(authority: trustme.CA, ca_file: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tomorrow = datetime(2999, 1, 2, tzinfo=UTC)
    authority.issue_cert(NAME, not_before=tomorrow, not_after=tomorrow + timedelta(days=1)).configure_cert(context)

    with Server(hello, "127.0.0.2", tls=context) as server, pytest.raises(UntrustedError) as raised:
        ask(session_for(ca_file, "127.0.0.2"), server.port)
    assert "is not valid before 2999-01-02" in str(raised.value)
    assert "clocks" in (raised.value.hint or "")


def test_the_other_name_is_named_when_a_certificate_is_for_another_host(authority: trustme.CA, ca_file: Path) -> None:
    other = tls_for(authority, "other.homelab.test")
    with Server(hello, "127.0.0.2", tls=other) as server, pytest.raises(UntrustedError) as raised:
        ask(session_for(ca_file, "127.0.0.2"), server.port)

    assert str(raised.value) == (
        f'the certificate of {NAME} at 127.0.0.2 is for other.homelab.test (issued by "Homelab Test Authority")'
    )
    assert server.asked == []


def test_a_common_name_does_not_count(tmp_path: Path) -> None:
    with (
        Server(hello, "127.0.0.2", tls=self_signed(tmp_path, NAME, has_name=False)) as server,
        pytest.raises(UntrustedError, match="is for another name"),
    ):
        ask(session_for(tmp_path / "own.pem", "127.0.0.2"), server.port)


def test_a_certificate_is_named_as_self_signed(tmp_path: Path) -> None:
    with Server(hello, "127.0.0.2", tls=self_signed(tmp_path, NAME)) as server, pytest.raises(UntrustedError) as raised:
        ask(session_for(None, "127.0.0.2"), server.port)

    assert str(raised.value) == (
        f'the certificate of {NAME} at 127.0.0.2 is self-signed by "{NAME}", which is not trusted'
    )


def test_a_self_signed_certificate_is_trusted_when_ca_file_holds_it(tmp_path: Path) -> None:
    with Server(hello, "127.0.0.2", tls=self_signed(tmp_path, NAME)) as server:
        assert ask(session_for(tmp_path / "own.pem", "127.0.0.2"), server.port) == {"hello": "world"}


def test_an_intermediate_authority_is_trusted_when_ca_file_holds_only_that(
    authority: trustme.CA, tmp_path: Path
) -> None:
    child = authority.create_child_ca()
    child.cert_pem.write_to_path(str(tmp_path / "child.pem"))

    with Server(hello, "127.0.0.2", tls=tls_for(child, NAME)) as server:
        assert ask(session_for(tmp_path / "child.pem", "127.0.0.2"), server.port) == {"hello": "world"}


def test_the_second_address_is_used_when_the_first_shows_a_wrong_certificate(
    server: Server, ca_file: Path, authority: trustme.CA
) -> None:
    with Server(hello, "127.0.0.3", port=server.port, tls=tls_for(authority, "other.homelab.test")) as other:
        ask(session_for(ca_file, "127.0.0.3", "127.0.0.2"), server.port)

    assert other.asked == []


def test_a_failing_certificate_outweighs_a_silent_address(server: Server) -> None:
    with pytest.raises(UntrustedError, match=r"127\.0\.0\.9 refused, the certificate of"):
        ask(session_for(None, "127.0.0.9", "127.0.0.2"), server.port)


def test_a_server_that_does_not_speak_tls_is_said_to(ca_file: Path) -> None:
    with (
        Server(hello, "127.0.0.2") as plain,
        pytest.raises(TransientError, match=r"127\.0\.0\.2 (does not speak TLS|hung up)"),
    ):
        ask(session_for(ca_file, "127.0.0.2"), plain.port)


def test_a_redirect_is_not_followed_and_takes_no_token_along(
    tls: ssl.SSLContext, ca_file: Path, authority: trustme.CA
) -> None:
    with Server(hello, "127.0.0.1", tls=tls_for(authority, "localhost")) as elsewhere:
        away = f"Location: https://user:password@localhost:{elsewhere.port}/?secret=1"
        with Server(lambda _: response(b"", 302, headers=[away]), "127.0.0.2", tls=tls) as server:
            with pytest.raises(UntrustedError) as raised:
                ask(session_for(ca_file, "127.0.0.2"), server.port)
            session_for(ca_file, "127.0.0.2").get(f"https://{NAME}:{server.port}/", allow_redirects=True)

    assert str(raised.value) == f"{NAME}:{server.port} redirects to localhost:{elsewhere.port} (HTTP 302)"
    assert elsewhere.connections == 0


def test_vault_is_reached_through_the_pin(tls: ssl.SSLContext, ca_file: Path) -> None:
    secret = response(b'{"data": {"data": {"token": "from-vault"}}}')
    with Server(lambda _: secret, "127.0.0.2", tls=tls) as server:
        session = session_for(
            ca_file, f"127.0.0.9:{server.port}", f"127.0.0.2:{server.port}", hosts=("*.homelab.test",)
        )

        assert Vault(Url("https://vault.homelab.test"), session, lambda: CANARY).field("kv/ci", "token") == "from-vault"

    (asked,) = server.asked
    assert (asked.sni, asked.headers["host"]) == ("vault.homelab.test", "vault.homelab.test")
    assert asked.target == "/v1/kv/data/ci"


def test_a_connection_that_went_stale_is_replaced_unseen(tls: ssl.SSLContext, ca_file: Path) -> None:
    served: list[int] = []

    def once(asked: Asked) -> list[bytes]:
        served.append(asked.connection)
        return hello(asked) if served.count(asked.connection) == 1 else [RESET]

    with Server(once, "127.0.0.2", tls=tls) as server:
        session = session_for(ca_file, "127.0.0.2")
        ask(session, server.port)

        assert ask(session, server.port) == {"hello": "world"}
    assert server.connections == 2


def test_an_answer_whose_head_drips_is_given_up(tls: ssl.SSLContext, ca_file: Path) -> None:
    def drip(asked: Asked) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n"
        while True:
            time.sleep(0.1)
            yield b"X: y\r\n"

    with Server(drip, "127.0.0.2", tls=tls) as server:
        http = Http(Url(f"https://{NAME}:{server.port}"), session_for(ca_file, "127.0.0.2"), read_timeout=0.3)
        started = time.monotonic()
        with pytest.raises(TransientError):
            http.get("/", dict)

    assert time.monotonic() - started < 3


def test_a_ca_file_without_certificates_is_a_usage_error(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing here\n")

    with pytest.raises(UsageError, match="holds no certificates"):
        Trust(empty)
    with pytest.raises(UsageError, match=r"cannot read '.*missing\.pem': No such file or directory"):
        Trust(tmp_path / "missing.pem")
