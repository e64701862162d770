"""
Faults of a load balancer by name, and when each one strikes: a pure function of seed, request and count.

The count is of equal requests (method, host and path), so that a schedule stays the same however requests to
different paths are interleaved.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from hashlib import blake2b

from msgspec import Struct

from homelab_tasks.errors import UsageError

CI_HOST = "ci.homelab.test"
STREAMS = r"/api/stream/.*"
DETAILS = r"/api/repos/\d+/pipelines/(\d+|latest)"
LOGS = r"/api/repos/\d+/logs/.*"


class Effect(StrEnum):
    """What happens to one request, or to one connection."""

    NONE = "none"
    EMPTY = "empty"  # 200, application/json, no body; the request took effect
    TORN = "torn"  # the answer stops in the middle of what its length promised; the request took effect
    TRUNCATED = "truncated"  # the answer stops in the middle and looks complete; the request took effect
    HTML = "html"  # 200 and a page
    BAD_GATEWAY = "bad-gateway"  # 502 and a page
    UNAVAILABLE = "unavailable"  # 503, nothing
    UNAUTHORIZED = "unauthorized"  # 401, nothing: what a database error of Woodpecker looks like
    NOT_FOUND = "not-found"  # 404, nothing: the same
    RATE_LIMIT = "rate-limit"  # 429, Retry-After: 1
    REDIRECT = "redirect"  # 302 to a login page elsewhere
    RESET = "reset"  # the connection is reset instead of an answer
    SLOW = "slow"  # the answer comes after SLOW_SECONDS
    TRICKLE = "trickle"  # the answer comes a few bytes at a time
    BLACKHOLE = "blackhole"  # no answer ever
    STREAM_MUTE = "stream-mute"  # the stream opens, and no byte comes, not even a ping
    STREAM_PINGS = "stream-pings"  # the stream opens, and only pings come
    STREAM_CUT = "stream-cut"  # the stream is reset in the middle of its second event, at the latest at its end
    WRONG_CERTIFICATE = "wrong-certificate"
    EXPIRED_CERTIFICATE = "expired-certificate"
    UNKNOWN_CERTIFICATE = "unknown-certificate"
    DEAD_ADDRESS = "dead-address"  # the first address refuses connections


OF_HANDSHAKES = frozenset({Effect.WRONG_CERTIFICATE, Effect.EXPIRED_CERTIFICATE, Effect.UNKNOWN_CERTIFICATE})
OF_CONNECTIONS = OF_HANDSHAKES | {Effect.DEAD_ADDRESS}
SLOW_SECONDS = 2.0


class Fault(Struct, frozen=True, kw_only=True):
    """A named fault: one of *effects* strikes with *probability* where the path matches *paths* in full."""

    effects: tuple[Effect, ...]
    probability: float = 1.0
    paths: str = r".*"


CLUSTER_FAULTS = ("crash", "pull-error", "quota", "unschedulable", "old-pod-lingers")
FAULTS = {
    "empty": Fault(effects=(Effect.EMPTY,), probability=0.5),
    "html": Fault(effects=(Effect.HTML,), probability=0.5),
    "5xx": Fault(effects=(Effect.BAD_GATEWAY, Effect.UNAVAILABLE), probability=0.5),
    "torn": Fault(effects=(Effect.TORN, Effect.TRUNCATED), probability=0.5),
    "reset": Fault(effects=(Effect.RESET,), probability=0.5),
    "slow": Fault(effects=(Effect.SLOW, Effect.TRICKLE)),
    "blackhole": Fault(effects=(Effect.BLACKHOLE,), probability=0.2),
    "stream-mute": Fault(effects=(Effect.STREAM_MUTE,), paths=STREAMS),
    "stream-pings": Fault(effects=(Effect.STREAM_PINGS,), paths=STREAMS),
    "stream-cut": Fault(effects=(Effect.STREAM_CUT,), paths=STREAMS),
    "stream-fail": Fault(effects=(Effect.BAD_GATEWAY,), paths=STREAMS),
    "detail-empty": Fault(effects=(Effect.EMPTY,), paths=DETAILS),
    "logs-fail": Fault(effects=(Effect.UNAVAILABLE,), paths=LOGS),
    "401-flap": Fault(effects=(Effect.UNAUTHORIZED,), probability=0.4),
    "404-flap": Fault(effects=(Effect.NOT_FOUND,), probability=0.4),
    "rate-limit": Fault(effects=(Effect.RATE_LIMIT,), probability=0.3),
    "redirect": Fault(effects=(Effect.REDIRECT,)),
    "dead-address": Fault(effects=(Effect.DEAD_ADDRESS,)),
    "wrong-certificate": Fault(effects=(Effect.WRONG_CERTIFICATE,)),
    "expired-certificate": Fault(effects=(Effect.EXPIRED_CERTIFICATE,)),
    "unknown-certificate": Fault(effects=(Effect.UNKNOWN_CERTIFICATE,)),
    # Of the cluster, which reads their names; the load balancer does nothing.
    **{name: Fault(effects=(Effect.NONE,), paths="") for name in CLUSTER_FAULTS},
    "flap": Fault(
        effects=(
            Effect.EMPTY,
            Effect.HTML,
            Effect.BAD_GATEWAY,
            Effect.TORN,
            Effect.TRUNCATED,
            Effect.RESET,
            Effect.UNAUTHORIZED,
            Effect.NOT_FOUND,
        ),
        probability=0.5,
    ),
}


class Request(Struct, frozen=True, kw_only=True):
    """What a fault may depend on; *path* comes without its query."""

    host: str
    method: str
    path: str


class Rule(Struct, frozen=True, kw_only=True):
    """A fault in force: for *hosts*, from the request after *first* on, with *probability* and *seed*."""

    name: str
    fault: Fault
    probability: float
    seed: int = 0
    hosts: tuple[str, ...] = (CI_HOST,)
    first: int = 0

    def strikes(self, request: Request, count: int) -> Effect:
        """Decide about *request*, which *count* equal ones came before."""
        concerned = request.host in self.hosts and re.fullmatch(self.fault.paths, request.path)
        if not concerned or count < self.first:
            return Effect.NONE
        text = f"{self.name}|{self.seed}|{request.method} {request.host}{request.path}|{count}"
        number = int.from_bytes(blake2b(text.encode(), digest_size=8).digest())
        chance, choice = (number >> 32) / 2**32, number & 0xFFFFFFFF
        return self.fault.effects[choice % len(self.fault.effects)] if chance < self.probability else Effect.NONE


def decide(rules: Sequence[Rule], request: Request, count: int) -> Effect:
    """Say what happens to *request*: the first of *rules* that strikes."""
    return next((effect for rule in rules if (effect := rule.strikes(request, count)) is not Effect.NONE), Effect.NONE)


def parse_faults(text: str) -> list[Rule]:
    """Read `NAME[:PROBABILITY[:SEED]]`, several of them with commas; raises UsageError for anything else."""
    return [_parse_rule(word) for word in re.split(r"[,\s]+", text.strip()) if word]


def _parse_rule(word: str) -> Rule:
    name, _, rest = word.partition(":")
    probability, _, seed = rest.partition(":")
    if name not in FAULTS:
        raise UsageError(f"{name!r} is not a fault", hint=f"known: {', '.join(FAULTS)}")
    try:
        return rule(name, float(probability) if probability else None, seed=int(seed or 0))
    except ValueError:
        hint = "write it as NAME, NAME:PROBABILITY or NAME:PROBABILITY:SEED, flap:0.3:7"
        raise UsageError(f"{word!r} is not a fault", hint=hint) from None


def rule(
    name: str, probability: float | None = None, *, seed: int = 0, hosts: Sequence[str] = (CI_HOST,), first: int = 0
) -> Rule:
    """Make the rule of the fault *name*; without *probability* it is the fault's own. Raises KeyError, ValueError."""
    fault = FAULTS[name]
    chance = fault.probability if probability is None else probability
    if not 0 <= chance <= 1:
        raise ValueError(name)
    return Rule(name=name, fault=fault, probability=chance, seed=seed, hosts=tuple(hosts), first=first)
