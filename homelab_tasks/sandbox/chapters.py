"""The chapters of the demo, in the order in which they are told. Each leaves the trunk green."""

from homelab_tasks.sandbox.scenes import Behind, Chapter, Faults, Shell

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

LANDED = Chapter(
    title="A topic that is started, verified, landed, and followed to its green CI",
    scenes=(
        Shell(line="inv work.start kinder", prints=("cd ", ".worktrees/kinder")),
        Shell(line="cd .worktrees/kinder && echo '# Made kinder.' >> greet.sh"),
        Shell(line="cd .worktrees/kinder && git commit --quiet --all --message 'Be kinder'"),
        Shell(
            line="cd .worktrees/kinder && inv work.land",
            prints=("greeting is right", "bash test.sh: passed", "landed: ", "its CI passed"),
        ),
    ),
)

OVERTAKEN = Chapter(
    title="A race that is lost, and won by verifying what the trunk has become",
    scenes=(
        Shell(line="inv work.start warmer"),
        Shell(line="cd .worktrees/warmer && echo 'bash greet.sh' > warm.sh && git add warm.sh"),
        Shell(line="cd .worktrees/warmer && git commit --quiet --message 'Be warmer'"),
        Behind(
            remark="somebody else lands at the very moment of the next push", act=lambda homelab: homelab.overtake()
        ),
        Shell(
            line="cd .worktrees/warmer && inv work.land",
            prints=("lost the race for main", "(attempt 2)", "landed: "),
        ),
        Shell(line="git fetch --quiet && git log --first-parent --format=%s -3 origin/main", prints=("Be faster",)),
    ),
)

LANDED_RED = Chapter(
    title="Landed, but CI is red",
    scenes=(
        Shell(line="inv work.start documented"),
        Shell(
            line="cd .worktrees/documented && printf '  - name: docs\\n    image: bash\\n    commands:\\n"
            "      - test -f README.md\\n' >> .woodpecker.yaml"
        ),
        Shell(line="cd .worktrees/documented && git commit --quiet --all --message 'Ask for documentation'"),
        Shell(
            line="cd .worktrees/documented && inv work.land",
            exit_code=1,
            prints=("landed, but CI is red", "git revert -m 1"),
        ),
        Shell(line="cd .worktrees/documented && echo '# Greetings' > README.md && git add README.md"),
        Shell(line="cd .worktrees/documented && git commit --quiet --message 'Document it'"),
        Shell(line="cd .worktrees/documented && inv work.land --json | tail -1", prints=('"verdict": "landed"',)),
    ),
)

PROTECTED = Chapter(
    title="A protected trunk: the change becomes a pull request, which is not landed",
    scenes=(
        Behind(remark="main is protected from now on", act=lambda homelab: homelab.protect()),
        Shell(line="inv work.start guarded"),
        Shell(line="cd .worktrees/guarded && echo '# Guarded.' >> greet.sh"),
        Shell(line="cd .worktrees/guarded && git commit --quiet --all --message 'Say so'"),
        Shell(
            line="cd .worktrees/guarded && inv work.land",
            exit_code=10,
            prints=("main is protected", "/lab/app/pulls/1", "It is not landed"),
        ),
        Behind(remark="main is free again", act=lambda homelab: homelab.unprotect()),
        Shell(
            line="inv work.clean",
            prints=("kinder", "kept: guarded (1 commit is not on the trunk)"),
        ),
    ),
)

DEPLOYED = Chapter(
    title="A deployment that is not done while an old pod still serves, whatever `rollout status` says",
    scenes=(
        Faults(faults="old-pod-lingers", remark="pods take 8 s to stop from now on"),
        Shell(line="git pull --quiet && git commit --quiet --allow-empty --message 'Run this'"),
        Shell(line="git push --quiet"),
        Shell(
            line="inv deploy.wait web/web",
            prints=("old still terminating", "rolled-out: web/deployment/web", "2 of 2 available"),
        ),
    ),
)

CRASHING = Chapter(
    title="A deployment that can only fail, and why",
    scenes=(
        Faults(faults="crash", remark="new pods crash from now on"),
        Shell(line="git commit --quiet --allow-empty --message 'Run that' && git push --quiet"),
        Shell(
            line="inv deploy.wait",
            exit_code=1,
            prints=("CrashLoopBackOff", "KeyError: 'DATABASE_URL'", "rollout undo deployment/web"),
        ),
        Faults(faults="", remark="all is well again"),
        Shell(line="git commit --quiet --allow-empty --message 'Run this after all' && git push --quiet"),
        Shell(line="inv deploy.wait --json | tail -1", prints=('"verdict": "rolled-out"',)),
    ),
)

CHAPTERS = (GREEN, RED, FLAPPING, LANDED, OVERTAKEN, LANDED_RED, PROTECTED, DEPLOYED, CRASHING)
