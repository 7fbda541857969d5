"""The review page without Airflow: served on this machine, with a sign-in of its own."""

from datetime import UTC, datetime
from pathlib import Path

from personalization.morning import existing_state, open_state
from personalization.review import accounts
from personalization.reviewing.desk import ShopDesk
from personalization.settings import load_shop


def serve(*, shop_file: Path, runs: Path, host: str, port: int) -> None:
    """Serve the review page until it is stopped. Raises WrongUse where no night was run yet."""
    import uvicorn  # with the app it takes a second to load, which no other command should wait for

    from personalization.review.app import create_app
    from personalization.review.sign_in_routes import identify_by_cookie, sign_in_routes

    existing_state(load_shop(shop_file), runs)
    desk = ShopDesk(shop_file=shop_file, runs_folder=runs)
    identify = identify_by_cookie(desk.engine, desk.secret)
    app = create_app(
        desk, identify=identify, sign_in=sign_in_routes(desk.engine, desk.secret, signed_in=identify), can_sign_out=True
    )
    # No log of requests: an address names a customer.
    uvicorn.run(app, host=host, port=port, access_log=False, server_header=False, log_level="warning")


def add_reviewer(*, name: str, role: accounts.Role, password: str, shop_file: Path, runs: Path) -> str:
    """Let somebody sign in to the review page, or change their role and password."""
    engine = open_state(load_shop(shop_file), runs)
    now = datetime.now(UTC).replace(tzinfo=None)
    accounts.add_reviewer(engine, name=name, role=role, password=password, now=now)
    return f"{name.strip().lower()} may sign in as {role}. Earlier sessions of theirs have ended."
