"""What all clients share."""

from homelab_tasks.connections.servers import Connections
from homelab_tasks.decoding import decode_settings


def test_token_in_the_environment_is_scrubbed_when_nobody_has_read_it_yet() -> None:
    sources = [{"command": ["pass", "show", "woodpecker"]}, {"env": "CI_TOKEN"}]
    settings = decode_settings({"woodpecker": {"token": sources}}, {})

    secrets = Connections(settings, environment={"CI_TOKEN": "secret-ci", "FORGE_TOKEN": "secret-forge"}).secrets

    assert secrets.scrub("verify says secret-ci and secret-forge") == "verify says ******** and ********"
