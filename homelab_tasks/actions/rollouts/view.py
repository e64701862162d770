"""What is known of one target at the moment: what was read, and what its watches told since."""

from homelab_tasks.model.rollouts.news import News, NewsKind
from homelab_tasks.model.rollouts.pod import Occurrence, Pod
from homelab_tasks.model.rollouts.pod_trouble import pull_problem
from homelab_tasks.model.rollouts.rollout import Snapshot
from homelab_tasks.model.rollouts.workload import ReplicaSet, Workload


class View:
    """The newest state of a workload, its ReplicaSets and its pods; older news than what was read is dropped."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.workload: Workload | None = None
        self.replica_sets: tuple[ReplicaSet, ...] | None = None
        self.occurrences: tuple[Occurrence, ...] | None = None
        self.pull_problems: dict[str, str] = {}
        self._pods: dict[str, Pod] | None = None
        self._version = 0

    def read_workload(self, workload: Workload | None) -> None:
        """Take what was read, None where there is no workload."""
        self.workload = workload
        self._version = max(self._version, _number(workload.version) if workload is not None else 0)

    def read_pods(self, pods: tuple[Pod, ...] | None) -> None:
        """Take the pods that exist, None where they may not be read."""
        self._pods = None if pods is None else {pod.uid: pod for pod in pods}
        for pod in pods or ():
            self._note_pull_problems(pod)

    @property
    def pods(self) -> tuple[Pod, ...] | None:
        """The pods that exist."""
        return None if self._pods is None else tuple(self._pods.values())

    def snapshot(self) -> Snapshot | None:
        """All of it as one value; None where there is no workload."""
        if self.workload is None:
            return None
        return Snapshot(
            workload=self.workload,
            replica_sets=self.replica_sets,
            pods=self.pods,
            occurrences=self.occurrences,
            pull_problems=self.pull_problems,
        )

    def apply(self, news: News) -> bool:
        """Take what a watch told, unless something newer is known; false where that cannot be told, so read."""
        told = news.workload if news.workload is not None else news.pod
        if told is None or not told.version.isdecimal():
            return False
        gone = news.kind is NewsKind.GONE
        if news.workload is not None and _follows(news.workload.version, self._version, gone=gone):
            self._version = _number(news.workload.version)
            self.workload = None if gone else news.workload
        if news.pod is not None and self._pods is not None:
            self._apply_pod(news.kind, news.pod)
        return True

    def _apply_pod(self, kind: NewsKind, pod: Pod) -> None:
        pods = self._pods if self._pods is not None else {}
        known = _number(pods[pod.uid].version) if pod.uid in pods else -1
        if not _follows(pod.version, known, gone=kind is NewsKind.GONE):
            return
        self._note_pull_problems(pod)
        if kind is NewsKind.GONE:
            pods.pop(pod.uid, None)
        else:
            pods[pod.uid] = pod

    def _note_pull_problems(self, pod: Pod) -> None:
        for container in pod.containers:
            problem = pull_problem(container)
            if problem:
                self.pull_problems[f"{pod.uid}/{container.name}"] = problem


def _follows(version: str, known: int, *, gone: bool) -> bool:
    """Is *version* after the *known* one? The last version of what is gone may be the known one."""
    return _number(version) >= known if gone else _number(version) > known


def _number(version: str) -> int:
    """Versions of one collection grow (KEP-5504); one that is no number is older than any."""
    return int(version) if version.isdecimal() else 0
