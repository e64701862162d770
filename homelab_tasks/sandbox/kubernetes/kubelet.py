"""
A kubelet that runs nothing, but writes the pod states that a real one would.

What a pod does is the annotation `fake/run` of its template, MODE or MODE:ARGUMENT: `ready:SECONDS`, `flaky:CRASHES`,
`unready`, `crash`, `oom`, `pull`, `pull429`, `name`, `config`, `pending`, `evict:SECONDS`, `initcrash`. `fake/term` is
how long it takes to stop, in seconds, `fake/log` its log.
"""

from typing import Any

from homelab_tasks.sandbox.kubernetes.store import Object, Store

READY_SECONDS = 0.3
STOP_SECONDS = 0.2
CRASH_SECONDS = 0.3
BACK_OFF_FIRST_SECONDS = 0.8
BACK_OFF_MOST_SECONDS = 10.0
PULL_SECONDS = 0.6
UNSCHEDULABLE = "0/2 nodes are available: 2 Insufficient memory."
_MESSAGES = {
    "name": ("InvalidImageName", "couldn't parse image name: invalid reference format"),
    "config": ("CreateContainerConfigError", 'secret "db" not found'),
}


class Kubelet:
    """Moves every pod of *store* on, when its time has come."""

    def __init__(self, store: Store) -> None:
        """Know no pod yet; *defaults* are annotations of pods that have none of their own when they are made."""
        self.store = store
        self.defaults: dict[str, str] = {}
        self._since: dict[str, float] = {}
        self._behaviour: dict[str, dict[str, str]] = {}

    def step(self) -> None:
        """Write what changed since the last step."""
        for pod in self.store.all_of("pods"):
            uid = pod["metadata"]["uid"]
            if uid not in self._behaviour:
                self._behaviour[uid] = {**self.defaults, **(pod["metadata"].get("annotations") or {})}
                self._since[uid] = self.store.now()
            if pod["metadata"].get("deletionTimestamp"):
                self._stop(pod)
            else:
                self._run(pod, self.store.now() - self._since[uid])

    def log(self, pod: Object, container: str) -> str:
        """What a container has said."""
        behaviour = self._behaviour.get(pod["metadata"]["uid"], {})
        return behaviour.get("fake/log") or f"{container} of {pod['metadata']['name']} started\n"

    def _stop(self, pod: Object) -> None:
        uid = pod["metadata"]["uid"]
        began = self._since.setdefault(f"{uid}/stop", self.store.now())
        seconds = {**self._behaviour[uid], **self.defaults}.get("fake/term", STOP_SECONDS)
        if self.store.now() - began >= float(seconds):
            self.store.remove("pods", pod["metadata"]["namespace"], pod["metadata"]["name"])

    def _run(self, pod: Object, age: float) -> None:
        mode, _, argument = self._behaviour[pod["metadata"]["uid"]].get("fake/run", "ready").partition(":")
        before = pod.get("status")
        match mode:
            case "flaky":
                crashes = int(argument or 1)
                state = _crashing(age, crashes) if age < crashes * CRASH_SECONDS else _ready(restarts=crashes)
            case "unready":
                state = _running(ready=False)
            case "crash" | "oom" | "initcrash":
                state = _crashing(age, None, oom=mode == "oom")
            case "pull" | "pull429":
                state = _pulling(pod, age, limited=mode == "pull429")
            case "name" | "config":
                reason, message = _MESSAGES[mode]
                state = _waiting(reason, message)
            case "pending":
                state = {}
            case "evict" if age >= float(argument or 1):
                pod["status"] = {
                    "phase": "Failed",
                    "reason": "Evicted",
                    "message": "The node was low on resource: memory.",
                }
                self._write(pod, before)
                return
            case _:
                seconds = float(argument) if argument and mode == "ready" else READY_SECONDS
                state = _ready() if age >= seconds else _waiting("ContainerCreating")
        pod["status"] = _status(pod, state, init=mode.startswith("init"), stamp=self.store.stamp())
        self._write(pod, before)

    def _write(self, pod: Object, before: Object | None) -> None:
        """Write a status that is another than *before*; a condition keeps its time for as long as it stays."""
        status = pod["status"]
        known = {each["type"]: each for each in (before or {}).get("conditions", ())}
        for each in status.get("conditions", ()):
            same = known.get(each["type"])
            if same is not None and same["status"] == each["status"]:
                each["lastTransitionTime"] = same["lastTransitionTime"]
        if status == before:
            return
        self.store.update("pods", pod)
        for container in (*status.get("containerStatuses", ()), *status.get("initContainerStatuses", ())):
            waiting = container["state"].get("waiting") or {}
            if waiting.get("reason") == "CrashLoopBackOff":
                self.store.record(pod, "BackOff", "Back-off restarting failed container", warning=True)
            elif waiting.get("reason") == "ErrImagePull":
                self.store.record(pod, "Failed", f"Failed to pull image: {waiting['message']}", warning=True)


State = dict[str, Any]


def _waiting(reason: str, message: str = "", *, restarts: int = 0, last: State | None = None) -> State:
    waiting = {"reason": reason, **({"message": message} if message else {})}
    return {"state": {"waiting": waiting}, "restartCount": restarts, "ready": False, "lastState": last or {}}


def _running(*, ready: bool, restarts: int = 0, last: State | None = None) -> State:
    return {"state": {"running": {}}, "restartCount": restarts, "ready": ready, "lastState": last or {}}


def _ready(*, restarts: int = 0) -> State:
    return _running(ready=True, restarts=restarts)


def _crashing(age: float, crashes: int | None, *, oom: bool = False) -> State:
    """Run for a moment, crash, wait, twice as long each time; with *crashes*, without waiting."""
    ended: State = {"terminated": {"exitCode": 137 if oom else 1, "reason": "OOMKilled" if oom else "Error"}}
    restarts, began, pause = 0, 0.0, BACK_OFF_FIRST_SECONDS
    while age >= began + CRASH_SECONDS:
        restarts += 1
        rest = 0.0 if crashes is not None else pause
        if age < began + CRASH_SECONDS + rest:
            message = "back-off restarting failed container"
            return _waiting("CrashLoopBackOff", message, restarts=restarts, last=ended)
        began += CRASH_SECONDS + rest
        pause = min(pause * 2, BACK_OFF_MOST_SECONDS)
    return _running(ready=False, restarts=restarts, last=ended if restarts else None)


def _pulling(pod: Object, age: float, *, limited: bool) -> State:
    image = pod["spec"]["containers"][0]["image"]
    why = "429 Too Many Requests" if limited else "not found"
    message = f'failed to pull and unpack image "{image}": {why}'
    if age % (4 * PULL_SECONDS) < PULL_SECONDS:
        return _waiting("ErrImagePull", message)
    return _waiting("ImagePullBackOff", f'Back-off pulling image "{image}"')


def _status(pod: Object, state: State, *, init: bool, stamp: str) -> Object:
    if not state:
        unscheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": UNSCHEDULABLE}
        return {"phase": "Pending", "conditions": [{**unscheduled, "lastTransitionTime": stamp}]}
    ready = state["ready"] and not init
    names = pod["spec"].get("initContainers") or pod["spec"]["containers"] if init else pod["spec"]["containers"]
    statuses = [
        {"name": each["name"], "image": each["image"], "imageID": "", **state, "ready": state["ready"]}
        for each in names
    ]
    conditions = [
        {"type": kind, "status": str(value), "lastTransitionTime": stamp}
        for kind, value in (("PodScheduled", True), ("Ready", ready), ("ContainersReady", ready))
    ]
    is_pending = init or ("waiting" in state["state"] and not state["restartCount"])
    return {
        "phase": "Pending" if is_pending else "Running",
        "conditions": conditions,
        "initContainerStatuses" if init else "containerStatuses": statuses,
    }
