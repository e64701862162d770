"""The chapters of the demo, in the order in which they are told. Each leaves the trunk green."""

from homelab_tasks.sandbox.scenes import Chapter, Faults, Shell

GREEN = Chapter(
    title="A green push",
    scenes=(
        Shell(line="echo '# Made friendlier.' >> greet.sh"),
        Shell(line="git commit --quiet --all --message 'Say that it is friendlier'"),
        Shell(line="git push --quiet"),
        Shell(line="inv ci.watch", prints=("success", "passed: #1 passed")),
    ),
)

RED = Chapter(
    title="A red push, and why it is red",
    scenes=(
        Shell(line="sed -i.before 's/Hello/Good day/' greet.sh && rm greet.sh.before"),
        Shell(line="git commit --quiet --all --message 'Greet more formally'"),
        Shell(line="git push --quiet"),
        Shell(
            line="inv ci.watch",
            exit_code=1,
            prints=(
                "greet.sh said 'Good day, homelab!', expected 'Hello, homelab!'",
                "woodpecker > test exited with 1",
            ),
        ),
        Shell(line="git revert --no-edit HEAD > /dev/null && git push --quiet"),
        Shell(line="inv ci.watch --json | tail -1", prints=('"verdict": "passed"',)),
    ),
)

FLAPPING = Chapter(
    title="A server that flaps, behind a load balancer that lost an address",
    scenes=(
        Faults(
            faults="dead-address, flap:0.6:4, stream-cut",
            remark="127.0.0.1 is dead from now on; most answers of 127.0.0.2 are empty, torn, HTML or errors",
        ),
        Shell(line="git commit --quiet --allow-empty --message 'Try again'"),
        Shell(line="git push --quiet"),
        Shell(line="inv ci.watch", prints=("retrying", "answering again", "passed: #4 passed")),
        Faults(faults="", remark="all is well again"),
        Shell(line="inv ci.status", prints=("passed: #4 passed",)),
    ),
)

CHAPTERS = (GREEN, RED, FLAPPING)
