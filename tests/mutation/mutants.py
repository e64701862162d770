"""
Ways to break the promises of docs/guarantees.md, one at a time, each with the test that must then fail.

A mutant is one replacement in one file. Its text stands there exactly once, or it cannot be applied, which is an
error: whoever changes the code says here how the promise is broken in its new form.
"""

from msgspec import Struct


class Mutant(Struct, frozen=True, kw_only=True):
    """Replace *before* by *after* in *file*: that breaks *promise* (of the page), and *test* must notice."""

    promise: str
    what: str
    file: str
    before: str
    after: str
    test: str


MUTANTS = (
    # Verdicts
    Mutant(
        promise="V1",
        what="a blocked pipeline counts as green",
        file="homelab_tasks/model/pipelines/judgement.py",
        before="Status.BLOCKED: _of_block,",
        after="Status.BLOCKED: _of_success,",
        test="tests/unit/actions/test_watch_recordings.py::test_recorded_server_ends_in_the_right_verdict"
        "[blocked_approved-0-blocked-as-sent]",
    ),
    Mutant(
        promise="V1",
        what="a pipeline that nobody is known to have stopped counts as green",
        file="homelab_tasks/model/pipelines/judgement.py",
        before='return _red(pipeline, f"{name} was {pipeline.status}, and the server does not say by whom")',
        after='return Judgement(word=Word.PASSED, reason=f"{name} passed")',
        test="tests/integration/tasks/test_ci_verdicts.py::test_every_end_has_its_code_word_and_reason"
        "[killed_by_nobody-ci.watch]",
    ),
    Mutant(
        promise="V2",
        what="the best of several pipelines counts",
        file="homelab_tasks/model/verdict.py",
        before="return min(words, key=order.index)",
        after="return max(words, key=order.index)",
        test="tests/integration/tasks/test_ci_verdicts.py::test_worst_of_several_branches_counts_and_a_branch_can_be_chosen",
    ),
    Mutant(
        promise="V3",
        what="pipelines of other commits count",
        file="homelab_tasks/model/pipelines/selection.py",
        before="            row.commit == self.commit\n            and row.event in self.events",
        after="            row.event in self.events",
        test="tests/unit/model/pipelines/test_selection.py::test_only_pipelines_of_exactly_the_commit_are_judged",
    ),
    Mutant(
        promise="V3",
        what="what stands first in the list is taken for the newest",
        file="homelab_tasks/model/pipelines/selection.py",
        before="sorted((row for row in rows if self._is_judged(row)), key=lambda row: row.id)",
        after="(row for row in rows if self._is_judged(row))",
        test="tests/unit/model/pipelines/test_selection.py::test_the_newest_is_judged_in_whatever_order_a_list_comes",
    ),
    Mutant(
        promise="V4",
        what="a status that is not known is an end, and green",
        file="homelab_tasks/model/pipelines/pipeline.py",
        before="return cls.UNKNOWN",
        after="return cls.SUCCESS",
        test="tests/unit/model/pipelines/test_judgement.py::test_an_unknown_status_is_neither_an_end_nor_green",
    ),
    Mutant(
        promise="V5",
        what="an end is believed while agents still report",
        file="homelab_tasks/actions/pipelines/sight.py",
        before="return is_settled(self.pipeline) or waited >= SETTLE_SECONDS",
        after="return True",
        test="tests/unit/actions/test_watch_recordings.py::test_recorded_server_ends_in_the_right_verdict"
        "[cancelled_then_success-0-passed-as-sent]",
    ),
    Mutant(
        promise="V5",
        what="who stopped a pipeline counts after it went on",
        file="homelab_tasks/model/pipelines/pipeline.py",
        before="if self.state.is_halted and self.cancel_info is not None:",
        after="if self.cancel_info is not None:",
        test="tests/unit/model/pipelines/test_judgement.py::test_who_stopped_it_counts_only_while_it_is_stopped",
    ),
    Mutant(
        promise="V6",
        what="the list is not read again before the verdict",
        file="homelab_tasks/actions/pipelines/watch_pipelines.py",
        before="        yield from self._lookout.read_list()\n        yield from self._lookout.tell()\n        again =",
        after="        again =",
        test="tests/unit/actions/pipelines/test_watch_pipelines.py::test_a_pipeline_that_only_the_last_list_shows_is_waited_for",
    ),
    Mutant(
        promise="V7",
        what="any successor is followed",
        file="homelab_tasks/actions/pipelines/lookout.py",
        before="if self._contains(self._board.selection.commit, successor.commit) is False:",
        after="if self._board is None:",
        test="tests/unit/actions/pipelines/test_watch_pipelines.py::test_a_successor_that_does_not_contain_the_commit_is_not_followed",
    ),
    Mutant(
        promise="V8",
        what="a server that stays away is told as something that is not there",
        file="homelab_tasks/actions/waiting.py",
        before='raise UnavailableError(f"{self.server} could not be reached',
        after='raise HomelabError(f"{self.server} could not be reached',
        test="tests/unit/actions/test_waiting.py::test_a_server_that_stays_away_is_unavailable_and_nothing_else",
    ),
    Mutant(
        promise="V8",
        what="a 404 is believed at once",
        file="homelab_tasks/actions/waiting.py",
        before="window = self.retry_for if question in self._worked else min(self.retry_for, BELIEF_SECONDS)",
        after="window = 0.0",
        test="tests/unit/actions/test_waiting.py::test_a_refusal_is_not_believed_when_the_answer_comes_soon",
    ),
    Mutant(
        promise="V9",
        what="without the stream nothing is looked at for a minute",
        file="homelab_tasks/actions/pipelines/wakefulness.py",
        before="        if self.is_trusted:\n            return HEARTBEAT_SECONDS\n",
        after="        if self._changes is not None:\n            return HEARTBEAT_SECONDS\n",
        test="tests/unit/actions/pipelines/test_watch_pipelines.py::test_the_verdict_comes_seconds_later_when_the_stream_is_dead",
    ),
    Mutant(
        promise="V10",
        what="a bug of ours ends with 1",
        file="homelab_tasks/tasks/running.py",
        before="Verdict(verdict=Word.INTERNAL,",
        after="Verdict(verdict=Word.FAILED,",
        test="tests/unit/tasks/test_running.py::test_a_bug_of_ours_ends_with_70_and_never_with_1",
    ),
    Mutant(
        promise="V11",
        what="the verdict is printed twice",
        file="homelab_tasks/tasks/running.py",
        before="        if isinstance(event, Verdict):\n            return event",
        after="        if isinstance(event, Verdict):\n            view.show(event)\n            return event",
        test="tests/unit/tasks/test_running.py::test_there_is_one_verdict_and_it_is_the_last_line",
    ),
    Mutant(
        promise="V12",
        what="an image names the commit by the digits of its registry or path",
        file="homelab_tasks/model/rollouts/image.py",
        before='_RUN.findall(reference.tag or "")',
        after="_RUN.findall(reference.written)",
        test="tests/unit/model/rollouts/test_image.py::test_a_reference_does_not_name_the_commit_when_hex_stands_elsewhere",
    ),
    Mutant(
        promise="V13",
        what="a rollout is complete once its change was seen",
        file="homelab_tasks/model/rollouts/rollout.py",
        before="return workload.is_observed and not workload.deleting and counts == {workload.desired}",
        after="return workload.is_observed and not workload.deleting and bool(counts)",
        test="tests/unit/model/test_recorded_rollouts.py::test_a_template_is_complete_at_its_moment_and_not_before",
    ),
    Mutant(
        promise="V13",
        what="a rollout is complete while old pods run",
        file="homelab_tasks/model/rollouts/deployment.py",
        before="if counts_are_final(workload) and not old:",
        after="if counts_are_final(workload):",
        test="tests/unit/model/rollouts/test_deployment.py"
        "::test_an_old_pod_is_waited_for_when_the_server_does_not_count_what_terminates",
    ),
    Mutant(
        promise="V14",
        what="the deadline of another ReplicaSet counts",
        file="homelab_tasks/model/rollouts/deployment.py",
        before="elif new_set is not None and (named is None or named[1] == new_set.name):",
        after="elif new_set is not None:",
        test="tests/unit/model/test_recorded_rollouts.py::test_a_stale_deadline_is_no_cause_when_the_good_image_is_back",
    ),
    Mutant(
        promise="V1",
        what="a pipeline that ran nothing counts as green",
        file="homelab_tasks/model/pipelines/judgement.py",
        before="if all_skipped or (never_ran and pipeline.finished and not pipeline.started):",
        after="if not workflows and all_skipped:",
        test="tests/integration/tasks/test_ci_verdicts.py::test_every_end_has_its_code_word_and_reason"
        "[all_skipped-ci.watch]",
    ),
    Mutant(
        promise="V7",
        what="a successor is known by its number",
        file="homelab_tasks/actions/pipelines/lookout.py",
        before="if successor.id <= pipeline.id or successor.event != pipeline.event:",
        after="if successor.number <= pipeline.number:",
        test="tests/unit/actions/pipelines/test_watch_pipelines.py"
        "::test_a_successor_whose_number_was_used_again_is_not_followed",
    ),
    Mutant(
        promise="V15",
        what="a pipeline is known by its number",
        file="homelab_tasks/actions/pipelines/lookout.py",
        before="if (detail.id, detail.commit) != (row.id, row.commit):",
        after="if detail.number != row.number:",
        test="tests/unit/actions/pipelines/test_watch_pipelines.py"
        "::test_a_number_that_is_used_again_at_once_is_another_pipeline",
    ),
    Mutant(
        promise="V15",
        what="a pipeline that one list does not show is gone",
        file="homelab_tasks/actions/pipelines/sight.py",
        before="return self._gone_reads >= LEAST_GONE_READS and missing >= GONE_SECONDS",
        after="return self._gone_reads >= 1 and missing >= 0",
        test="tests/unit/actions/pipelines/test_watch_pipelines.py::test_a_pipeline_that_one_list_does_not_show_is_not_gone",
    ),
    # Tokens
    Mutant(
        promise="T1",
        what="every request is signed",
        file="homelab_tasks/clients/web/authorization.py",
        before='if _origin(r.url or "") == self._origin:',
        after="if self._origin:",
        test="tests/unit/clients/web/test_authorization.py::test_a_request_to_anywhere_else_is_not_signed",
    ),
    Mutant(
        promise="T1",
        what="git gets the token for every server",
        file="homelab_tasks/clients/git/access.py",
        before="if forge is not None and _origin(parse_remote_url(forge)) == origin:",
        after="if forge is not None:",
        test="tests/integration/test_git_access.py"
        "::test_token_stays_here_when_the_remote_is_on_another_port_than_the_forge",
    ),
    Mutant(
        promise="T2",
        what="a redirect passes for an answer",
        file="homelab_tasks/clients/web/answer.py",
        before="if status in range(200, 300):",
        after="if status in range(200, 400):",
        test="tests/integration/test_pin.py::test_a_redirect_is_not_followed_and_takes_no_token_along",
    ),
    Mutant(
        promise="T2",
        what="git follows redirects",
        file="homelab_tasks/clients/git/access.py",
        before='"http.followRedirects=false"',
        after='"http.followRedirects=true"',
        test="tests/integration/test_git_access.py::test_redirect_is_not_followed_when_a_server_sends_one",
    ),
    Mutant(
        promise="T3",
        what="certificates are not checked",
        file="homelab_tasks/clients/web/session.py",
        before='{"ssl_context": self._trust.context, "cert_reqs": "CERT_REQUIRED"}',
        after='{"ssl_context": __import__("ssl")._create_unverified_context(), "cert_reqs": "CERT_NONE"}',
        test="tests/integration/test_pin.py::test_verification_cannot_be_switched_off",
    ),
    Mutant(
        promise="T3",
        what="git checks no certificates",
        file="homelab_tasks/clients/git/access.py",
        before='command = command.configured("http.followRedirects=false")',
        after='command = command.configured("http.followRedirects=false", "http.sslVerify=false")',
        test="tests/integration/test_git_access.py::test_certificate_is_checked_when_the_address_is_pinned",
    ),
    Mutant(
        promise="T3",
        what="a certificate may be for another name",
        file="homelab_tasks/clients/web/trust.py",
        before="    context.hostname_checks_common_name = False\n",
        after="    context.check_hostname = False\n",
        test="tests/integration/test_pin.py::test_the_other_name_is_named_when_a_certificate_is_for_another_host",
    ),
    Mutant(
        promise="T4",
        what="nothing is masked",
        file="homelab_tasks/model/secrets.py",
        before="            text = text.replace(form, MASK)\n",
        after="            text = text.replace(form, form)\n",
        test="tests/unit/report/test_jsonl.py::test_a_secret_in_the_tail_is_scrubbed_when_a_verdict_quotes_it",
    ),
    Mutant(
        promise="T4",
        what="what libraries log is not masked",
        file="homelab_tasks/tasks/running.py",
        before="assembly.secrets.scrub(record.getMessage()), ()",
        after="record.getMessage(), ()",
        test="tests/unit/tasks/test_running.py::test_no_library_logs_a_token",
    ),
    Mutant(
        promise="T5",
        what="a token file that others can read is used",
        file="homelab_tasks/clients/tokens.py",
        before="if mode & _READABLE_BY_OTHERS:",
        after="if mode & _READABLE_BY_OTHERS and not mode:",
        test="tests/unit/clients/test_tokens.py::test_a_file_that_others_can_read_is_refused",
    ),
    Mutant(
        promise="T6",
        what="servers may steer the terminal",
        file="homelab_tasks/model/text.py",
        before="return _UNSAFE.sub(_escaped, text)",
        after="return text",
        test="tests/unit/report/test_lines.py::test_text_from_a_server_is_harmless_when_it_holds_escapes_and_secrets",
    ),
    Mutant(
        promise="T4",
        what="a token is masked only as it is written",
        file="homelab_tasks/model/secrets.py",
        before='forms = {value, quote(value, safe=""), encoded, encoded[:-1]}',
        after="forms = {value}",
        test="tests/unit/model/test_secrets.py::test_a_token_is_masked_in_the_form_in_which_it_travels",
    ),
    # Changes
    Mutant(
        promise="C1",
        what="the trunk is overwritten, whatever it holds",
        file="homelab_tasks/clients/git/remote.py",
        before='f"--force-with-lease={change.target}:{change.expected}" for change in changes',
        after='"--force" for change in changes',
        test="tests/integration/test_land.py::test_topic_is_verified_anew_when_the_trunk_moves_during_verify",
    ),
    Mutant(
        promise="C2",
        what="a red verify lands",
        file="homelab_tasks/actions/landing/verify_candidate.py",
        before="if run.exit_code != 0:",
        after="if run.exit_code is None:",
        test="tests/integration/test_land.py::test_nothing_lands_when_verify_is_red",
    ),
    Mutant(
        promise="C2",
        what="after a lost race the new merge is not verified",
        file="homelab_tasks/actions/landing/land.py",
        before="verdict = yield from self._verify(candidate)",
        after="verdict = None if candidate.attempt > 1 else (yield from self._verify(candidate))",
        test="tests/integration/test_land.py::test_topic_is_verified_anew_when_the_trunk_moves_during_verify",
    ),
    Mutant(
        promise="C2",
        what="a tree counts as verified because another one was",
        file="homelab_tasks/clients/git/verified_trees.py",
        before="json.dumps([tree, command, self._environment])",
        after="json.dumps([command, self._environment])",
        test="tests/integration/test_land.py::test_topic_is_verified_anew_when_the_trunk_moves_during_verify",
    ),
    Mutant(
        promise="C3",
        what="what verify left behind is there for the next one",
        file="homelab_tasks/clients/git/checkout.py",
        before='cleaned = here.run("clean", "--quiet", "-ffd")',
        after='cleaned = here.run("status")',
        test="tests/integration/test_land.py::test_only_ignored_caches_are_left_when_the_checkout_is_used_again",
    ),
    Mutant(
        promise="C4",
        what="git's exit code is believed",
        file="homelab_tasks/actions/landing/push_candidate.py",
        before="landed = yield from confirm(site, trunk, candidate)",
        after="landed = None if result.code == 0 else (yield from confirm(site, trunk, candidate))",
        test="tests/integration/test_guarantees.py::test_nothing_is_called_landed_when_the_server_took_it_back",
    ),
    Mutant(
        promise="C5",
        what="what is about to be pushed is not written down",
        file="homelab_tasks/actions/landing/land.py",
        before="self._note(step=Step.PUSHING, pushed=pushed, verify_group=None)",
        after="self._note(step=Step.PUSHING, verify_group=None)",
        test="tests/integration/test_guarantees.py::test_a_landing_is_found_when_its_lander_was_killed_after_the_push",
    ),
    Mutant(
        promise="C6",
        what="a clone with uncommitted changes is landed from",
        file="homelab_tasks/actions/landing/preflight.py",
        before="    _require_clean(state)\n",
        after="",
        test="tests/integration/test_land.py::test_usage_is_the_end_when_a_tracked_file_is_changed",
    ),
    Mutant(
        promise="C7",
        what="what was taken off the trunk comes back",
        file="homelab_tasks/actions/landing/sync_trunk.py",
        before="        if dropped:\n",
        after="        if not dropped and dropped:\n",
        test="tests/integration/test_land.py::test_dropped_commits_stay_dropped_when_the_trunk_was_rewound",
    ),
    Mutant(
        promise="C8",
        what="a topic that has not landed is removed",
        file="homelab_tasks/model/landing/topic.py",
        before="if self.landed is None:",
        after="if self.landed is None and self.is_fresh:",
        test="tests/integration/test_guarantees.py::test_a_topic_stays_when_it_has_not_landed",
    ),
    Mutant(
        promise="C8",
        what="a worktree with changes is removed",
        file="homelab_tasks/clients/git/topics.py",
        before='removed = self._command.run("worktree", "remove", topic.path)',
        after='removed = self._command.run("worktree", "remove", "--force", topic.path)',
        test="tests/integration/test_guarantees.py::test_a_file_that_is_written_while_topics_are_cleaned_is_kept",
    ),
    Mutant(
        promise="C8",
        what="a branch is removed with a commit that was made just now",
        file="homelab_tasks/clients/git/topics.py",
        before='self._command.run("update-ref", "-d", _HEADS + topic.name, topic.tip)',
        after='self._command.run("update-ref", "-d", _HEADS + topic.name)',
        test="tests/integration/test_topics.py"
        "::test_branch_is_kept_when_a_commit_is_made_while_its_worktree_is_removed",
    ),
    Mutant(
        promise="C9",
        what="a pipeline is restarted again without looking for the first restart",
        file="homelab_tasks/actions/pipelines/operate_pipeline.py",
        before="        if children:\n",
        after="        if children and newest < 0:\n",
        test="tests/unit/actions/pipelines/test_operate_pipeline.py"
        "::test_it_is_done_exactly_once_whatever_happens_to_the_answers",
    ),
    Mutant(
        promise="C10",
        what="what follows a landing does not matter",
        file="homelab_tasks/actions/deliver.py",
        before="if not verdict.verdict.is_good:",
        after="if not verdict.verdict.is_good and not verdict.stage:",
        test="tests/unit/actions/test_deliver.py::test_landed_but_red_is_said_when_ci_fails",
    ),
)
