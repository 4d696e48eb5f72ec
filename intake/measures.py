"""What one process counts about itself, for Prometheus: routes, channels, codes. Nothing of a family or of staff."""

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)  # its memory, processor time and open files
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)  # a provider waits for fifteen
_requests = Histogram(
    "opvanglijn_request_seconds", "from a request to its answer", ("route", "status"), buckets=_SECONDS,
    registry=REGISTRY,
)  # fmt: skip
_turns = Histogram(
    "opvanglijn_turn_seconds", "from what a family sent until it was kept", ("channel",), buckets=_SECONDS,
    registry=REGISTRY,
)  # fmt: skip
_apologies = Counter("opvanglijn_apologies", "calls that ended in an apology", registry=REGISTRY)
_sends = Histogram(
    "opvanglijn_send_seconds", "from a message to its provider's answer", ("provider", "outcome"), buckets=_SECONDS,
    registry=REGISTRY,
)  # fmt: skip
_faults = Counter("opvanglijn_worker_faults", "rounds of a worker that broke off", registry=REGISTRY)
_failed = Counter(
    "opvanglijn_provider_errors", "what a provider did not take or bring", ("provider", "code"), registry=REGISTRY
)
_mails = Counter("opvanglijn_mails", "mails handed to their server, or not", ("kind", "result"), registry=REGISTRY)


@cache  # to find them anew took a quarter of what a request is measured by
def _answered(route: str, status: int) -> Histogram:
    return _requests.labels(route, str(status))


@cache
def _turned(channel: str) -> Histogram:
    return _turns.labels(channel)


def request(route: str, status: int, seconds: float) -> None:
    _answered(route, status).observe(seconds)


def turn(channel: str, seconds: float) -> None:
    _turned(channel).observe(seconds)


def apology() -> None:
    _apologies.inc()


def provider_error(provider: str, code: str) -> None:
    _failed.labels(provider, code).inc()


def send(provider: str, outcome: str, seconds: float) -> None:
    """`outcome`: sent, or our code for why not."""
    _sends.labels(provider, outcome).observe(seconds)


def worker_fault() -> None:
    _faults.inc()


def mail(kind: str, result: str) -> None:
    """`result`: sent, later, unknown, failed."""
    _mails.labels(kind, result).inc()


def text() -> str:
    """Everything, in Prometheus' text format."""
    return generate_latest(REGISTRY).decode()
