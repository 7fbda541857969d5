"""Whatever the order of nights, pauses, rechecks and crashes: no message twice, none lost, all accounted for."""

import shutil
import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personalization.export import DESTINATIONS, export_run, pause_exports, resume_exports
from personalization.export.destination import Destination, Limits
from tests.lib import published_runs as small

FILES = DESTINATIONS["files"]
PAIRS = Destination(
    name="files", limits=Limits(batch_messages=2), send=FILES.send, has_landed=FILES.has_landed, is_local=FILES.is_local
)
PEOPLE = 6


class Crash(BaseException):
    """Stands for the end of the process."""


def crash_after(steps: int):
    left = iter(range(steps))

    def on_step(_step: str) -> None:
        if next(left, None) is None:
            raise Crash

    return on_step


ACTIONS = st.one_of(
    st.tuples(st.just("export"), st.integers(0, 40)),
    st.tuples(st.just("crash"), st.integers(0, 7)),
    st.tuples(st.sampled_from(["problem", "solved", "unsubscribed"]), st.integers(0, PEOPLE - 1)),
    st.tuples(st.sampled_from(["night", "pause", "resume"]), st.just(0)),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(actions=st.lists(ACTIONS, min_size=1, max_size=8))
def test_each_message_leaves_at_most_once_and_every_count_adds_up(actions):
    """The report itself checks its sums; here all files together are checked, and that nothing is left at the end."""
    folder = Path(tempfile.mkdtemp())
    try:
        engine, shop = small.state_in(folder), small.shop_in(folder / "shop")
        rows = [small.message(number, send_at=small.SEND_AT + timedelta(hours=5 * number)) for number in range(PEOPLE)]
        night, hours, problems, gone = 20, 0, set(), set()
        run = small.publish_and_approve(engine, folder / "runs", rows)

        def export(on_step=lambda _step: None):
            now = small.SEND_AT + timedelta(hours=hours)
            against = {name: ("exception", ["open_ticket"]) for name in problems}
            against |= {name: ("no_consent", ["consent_unsubscribed"]) for name in gone}
            facts = small.recheck(against=against, suppressions_learned_at=now)
            return export_run(engine, run=run, shop=shop, destination=PAIRS, now=now, recheck=facts, on_step=on_step)

        for action, number in actions:
            if action == "export":
                hours = max(hours, number)
                report = export()
                again = export()
                assert again.sent == 0
                assert again.approved == report.approved == PEOPLE
            elif action == "crash":
                with suppress(Crash):
                    export(crash_after(number))
            elif action == "problem":
                problems.add(f"C{number}")
            elif action == "solved":
                problems.discard(f"C{number}")
            elif action == "unsubscribed":
                gone.add(f"C{number}")
            elif action == "night":
                night += 1
                run = small.publish_and_approve(engine, folder / "runs", rows, night=f"2011-11-{night}")
            else:
                switch = {"pause": pause_exports, "resume": resume_exports}[action]
                switch(engine, changed_by="mara", reason="r", now=small.SEND_AT)
            ids = small.sent_ids(shop)
            assert len(ids) == len(set(ids))

        resume_exports(engine, changed_by="mara", reason="r", now=small.SEND_AT)
        hours = max(hours, 35)
        last = export()
        assert last.not_due == last.paused == last.unknown == 0
        assert len(small.sent_ids(shop)) == last.sent + last.already_sent
        hours = 24 * 7
        closed = export()
        assert closed.sent == 0
        assert closed.withheld <= len(gone)  # what only had to wait has expired
        assert len(small.sent_ids(shop)) == closed.already_sent
    finally:
        shutil.rmtree(folder)
