"""``shop.toml``, checked at the edge: a wrong key is named with its file, the allowed keys and the nearest match."""

import datetime as dt
import difflib
import tomllib
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from personalization.errors import ConfigurationInvalid


def _zone(name: object) -> object:
    try:
        ZoneInfo(str(name))
    except (KeyError, ValueError) as error:
        raise ValueError(f"'{name}' is not a time zone such as 'Europe/London'") from error
    return name


def _with_default(countries: object) -> object:
    if isinstance(countries, dict) and "default" not in countries:
        raise ValueError("needs the key 'default', for every country that is not named")
    return countries


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Brand(_Section):
    """How the shop's messages look and who signs them."""

    colour: str = Field(default="#1f4e5f", pattern=r"^#[0-9a-fA-F]{6}$")
    logo_url: str | None = None
    site_url: str = Field(pattern=r"^https?://")
    support_url: str = Field(pattern=r"^https?://")
    postal_address: str = Field(min_length=10)
    signature: str = "The team"


class Import(_Section):
    """How much bad input is too much."""

    max_bad_share: float = Field(default=0.02, ge=0, le=1)  # our choice: an export error, not a stray row


CountedWords = tuple[Literal["subscribed", "soft_opt_in"], ...]
Countries = Annotated[
    dict[Annotated[str, Field(pattern=r"^([A-Z]{2}|default)$")], CountedWords], BeforeValidator(_with_default)
]


class Consent(_Section):
    """Which words on marketing count as a yes, by channel and by the customer's country (ISO 3166, two letters).

    default is every country that is not named. Unknown and pending can never be named; a soft opt-in (an address given
    in a sale, T10) allows only what is like the thing bought, wherever it counts.
    """

    email: Countries = Field(default={"default": ("subscribed", "soft_opt_in")})
    sms: Countries = Field(default={"default": ("subscribed",)})
    push: Countries = Field(default={"default": ("subscribed",)})
    post: Countries = Field(default={"default": ("subscribed",)})


class SourceFiles(_Section):
    """The exports of one system that every night imports first.

    files are paths beside shop.toml and may hold * and ?; the newest export may overwrite the one before. feeds says
    which work after the checkout the system is there for (R5). mapping is that of a generic source.
    """

    files: tuple[str, ...] = Field(min_length=1)
    feeds: str = Field(min_length=1)
    mapping: str | None = None


class Retention(_Section):
    """How many published nights stay on disk."""

    nights: int = Field(default=60, ge=1)  # our choice: the report draws 60 nights of each check


class Holdout(_Section):
    """Who is withheld from marketing so that its effect can be measured.

    The salt must never change: it decides who is withheld, on every night and machine.
    """

    salt: str = "postlude"
    global_percent: float = Field(default=2.0, ge=0, le=50)
    program_percent: float = Field(default=8.0, ge=0, le=50)


class Budget(_Section):
    """The contact budget over all tools (T8)."""

    marketing_per_day: int = Field(default=1, ge=0)
    marketing_per_7_days: int = Field(default=3, ge=0)
    marketing_per_30_days: int = Field(default=8, ge=0)
    all_messages_per_7_days: int = Field(default=6, ge=0)


class Alerts(_Section):
    """Where a held, failed, late or missed night is reported.

    The environment may name another mail server (POSTLUDE_SMTP_HOST, POSTLUDE_SMTP_PORT), and it alone holds the
    credentials: POSTLUDE_SMTP_USER, POSTLUDE_SMTP_PASSWORD, POSTLUDE_WEBHOOK_TOKEN.
    """

    email_to: tuple[str, ...] = ()
    email_from: str = "postlude@localhost"
    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(default=25, ge=1, le=65535)
    webhook_url: str | None = Field(default=None, pattern=r"^https?://")
    late_after_hours: float = Field(default=6, gt=0)


class Export(_Section):
    """When approved messages may leave and where to."""

    send_hour: int = Field(default=10, ge=0, le=23)  # local hour of the shop's customers
    window_hours: int = Field(default=36, ge=1)  # from send_at until a message expires
    files_dir: str = "exports"
    suppression_max_age_hours: float = Field(default=24, gt=0)  # R57
    suppression_max_shrink_share: float = Field(default=0.05, ge=0, le=1)  # R57


class Program(_Section):
    """A recurring purpose with an owner and a metric (R2), the readiness checks it needs, and its weight.

    kind service is never locked by a gate. priority multiplies the expected value in arbitration.
    """

    owner: str = Field(min_length=1)
    metric: str = Field(min_length=1)
    recurrence: str = Field(min_length=1)
    kind: Literal["marketing", "education", "service"] = "marketing"
    requires: tuple[str, ...] = ()
    priority: float = Field(default=1.0, gt=0)


class Shop(_Section):
    """The whole of ``shop.toml``.

    date and now are fixed only in a demo; elsewhere the command line or the clock gives them. root is the folder of
    the file: segments, templates and relative paths lie beside it.
    """

    root: Path = Field(exclude=True)
    name: str
    timezone: Annotated[str, BeforeValidator(_zone)]
    locale: str = "en_GB"
    currency: str = Field(default="GBP", pattern=r"^[A-Z]{3}$")
    approvals: Literal["second_person", "single"] = "second_person"
    is_demo: bool = False
    date: dt.date | None = None
    now: dt.datetime | None = None
    state_url: str | None = None
    programs: dict[str, Program]
    brand: Brand
    imports: Import = Field(default_factory=Import, alias="import")
    sources: dict[str, SourceFiles] = Field(default_factory=dict)
    consent: Consent = Field(default_factory=Consent)
    retention: Retention = Field(default_factory=Retention)
    holdout: Holdout = Field(default_factory=Holdout)
    budget: Budget = Field(default_factory=Budget)
    alerts: Alerts = Field(default_factory=Alerts)
    export: Export = Field(default_factory=Export)
    thresholds: dict[str, dict[str, float]] = Field(default_factory=dict)

    @property
    def region(self) -> str | None:
        """Return the country of the shop's locale (ISO 3166), for telephone numbers without a country's prefix."""
        return self.locale.partition("_")[2] or None


def load_shop(path: Path) -> Shop:
    """Return the checked settings in *path*.

    Raises ConfigurationInvalid, naming the file, the key and the fix.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigurationInvalid(f"{path}: no such file; name the shop's settings with --shop") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationInvalid(f"{path}: not valid TOML: {error}") from error
    try:
        return Shop.model_validate({**raw, "root": path.resolve().parent})
    except ValidationError as error:
        raise ConfigurationInvalid("\n".join(_explain(path, error, Shop))) from error


def _explain(path: Path, error: ValidationError, model: type[BaseModel]) -> list[str]:
    lines = []
    for issue in error.errors():
        key = ".".join(str(part) for part in issue["loc"])
        message = issue["msg"].removeprefix("Value error, ")
        if issue["type"] == "extra_forbidden":
            message = f"unknown key{suggest(str(issue['loc'][-1]), _allowed(model, issue['loc'][:-1]))}"
        elif issue["type"] == "missing":
            message = "is required"
        lines.append(f"{path}: {key}: {message}")
    return lines


def _allowed(model: type[BaseModel], parents: tuple[int | str, ...]) -> list[str]:
    for parent in parents:
        for name, field in model.model_fields.items():
            if parent in (name, field.alias) and isinstance(field.annotation, type):
                model = field.annotation
    return [field.alias or name for name, field in model.model_fields.items() if name != "root"]


def suggest(word: str, allowed: list[str]) -> str:
    """Return the tail of an error about *word*: the nearest allowed word, then all of them."""
    near = difflib.get_close_matches(word, allowed, n=1, cutoff=0.5)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    return f"{hint} Allowed: {', '.join(sorted(allowed))}"
