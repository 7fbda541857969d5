"""The review page over a small night, as it is served without Airflow."""

import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from personalization.review import accounts
from personalization.review.app import create_app
from personalization.review.sign_in_routes import identify_by_cookie, sign_in_routes
from personalization.reviewing import ShopDesk
from personalization.store.state import reading
from personalization.store.tables import approvals
from tests.lib import published_runs as small
from tests.lib import review_night

PASSWORD = "correct horse battery"
ADDRESS = "http://127.0.0.1:8081"
OWN_SITE = {"Sec-Fetch-Site": "same-origin"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A shop with one published night, its desk, and the page over it."""

    runs: Path
    file: Path
    desk: ShopDesk

    @property
    def engine(self) -> Engine:
        return self.desk.engine

    @property
    def run(self) -> Path:
        return self.runs / small.NIGHT

    def client(self, name: str | None = None) -> TestClient:
        """A browser of its own, signed in as *name*, or a stranger's."""
        client = TestClient(self.app(), base_url=ADDRESS, follow_redirects=False, headers=OWN_SITE)
        if name is not None:
            answer = client.post("/sign-in", data={"name": name, "password": PASSWORD})
            assert answer.status_code == 303, answer.text
        return client

    def app(self):
        identify = identify_by_cookie(self.engine, self.desk.secret)
        routes = sign_in_routes(self.engine, self.desk.secret, signed_in=identify)
        return create_app(self.desk, identify=identify, sign_in=routes, can_sign_out=True)

    def decisions(self) -> list[tuple[str, str, bool]]:
        """Every decision on record: what, who, and whether it counts."""
        with reading(self.engine) as connection:
            rows = connection.execute(select(approvals).order_by(approvals.c.approval_id)).all()
        return [(row.decision, row.reviewer, row.voided_at is None) for row in rows]


@pytest.fixture(scope="session")
def made_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small shop, made once; with a viewer and three approvers, of whom ann started the night."""
    folder = tmp_path_factory.mktemp("review")
    shop_file, runs = review_night.shop_in(folder / "shop"), folder / "runs"
    desk = ShopDesk(shop_file=shop_file, runs_folder=runs)
    built = review_night.build(runs, *review_night.rows())
    review_night.publish(desk.engine, runs, built)
    review_night.keep_tables(runs)
    cost, accounts._COST = accounts._COST, 2**4  # what is tested here is not how long a guess takes
    now = datetime(2020, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    for name, role in (("vera", "viewer"), ("ann", "approver"), ("mara", "approver"), ("tom", "approver")):
        accounts.add_reviewer(desk.engine, name=name, role=role, password=PASSWORD, now=now)
    accounts._COST = cost
    return folder


@pytest.fixture
def shop(made_shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A copy of the small shop, which a test may change. It is noon on the day of sending."""
    monkeypatch.setattr(accounts, "_COST", 2**4)
    shutil.copytree(made_shop, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "shop" / "shop.toml"
    file.write_text(f"now = {small.NOON.isoformat()}\n" + file.read_text())
    runs = tmp_path / "runs"
    return Shop(runs=runs, file=file, desk=ShopDesk(shop_file=file, runs_folder=runs))


def fields(page: httpx.Response, action: str) -> dict[str, str | list[str]]:
    """The hidden fields of a page's form that leads to *action*."""
    form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', page.text, re.DOTALL)
    assert form, f"no form to {action}"
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0]):
        found.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}
