"""``shop.toml``, checked at the edge: a wrong key is named with its file, the allowed keys and the nearest match."""

import datetime as dt
import difflib
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from personalization.contexts import with_context
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


def _service_is_service(programs: dict[str, "Program"]) -> dict[str, "Program"]:
    """Check that the programs of the kind service are those that tell of an order which went wrong, and no other."""
    for name, program in programs.items():
        if name in SERVICE_PROGRAMS and program.kind != "service":
            raise ValueError(f"{name}: kind must be 'service'; it tells of an order that went wrong")
        if name not in SERVICE_PROGRAMS and program.kind == "service":
            raise ValueError(
                f"{name}: kind must be 'marketing' or 'education'; service is {', '.join(SERVICE_PROGRAMS)}"
            )
    return programs


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
    which work after the checkout the system is there for (R5). mapping is the mapping file of a source that has no
    adapter of its own; one that only runs queries needs no files.
    """

    files: tuple[str, ...] = ()
    feeds: str = Field(min_length=1)
    mapping: str | None = None

    @model_validator(mode="after")
    def _has_something_to_read(self) -> "SourceFiles":
        if not self.files and self.mapping is None:
            raise ValueError("names neither files nor a mapping; name the exports, such as files = ['exports/*.csv']")
        return self


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


# A mailbox, or a name and a mailbox: news@shop.example, or Shop <news@shop.example>.
Mailbox = Annotated[
    str,
    Field(pattern=r"^[^\x00-\x1f<>]*<[!-;=?A-~]+@[!-;=?A-~]+\.[!-;=?A-~]+>$|^[!-;=?A-~]+@[!-;=?A-~]+\.[!-;=?A-~]+$"),
]


class Smtp(_Section):
    """Who the shop's emails are from and how the mail server is reached; the environment says where it is."""

    sender: Mailbox | None = Field(default=None, alias="from")
    reply_to: Mailbox | None = None
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    emails_per_second: float | None = Field(default=None, gt=0)  # what the mail server's provider allows


class Export(_Section):
    """When approved messages may leave and where to, by the scheduled export and the command line alike.

    seeds are the addresses that test messages may go to.
    """

    destination: Literal["files", "smtp"] = "files"
    send_hour: int = Field(default=10, ge=0, le=23)  # local hour of the shop's customers
    window_hours: int = Field(default=36, ge=1)  # from send_at until a message expires
    files_dir: str = "exports"
    seeds: tuple[Mailbox, ...] = ()
    smtp: Smtp = Field(default_factory=Smtp)
    suppression_max_age_hours: float = Field(default=24, gt=0)  # R57
    suppression_max_shrink_share: float = Field(default=0.05, ge=0, le=1)  # R57


class Unsubscribe(_Section):
    """Where the public address of the unsubscribe app is; its keys are in the environment.

    The address is that of the shop's own web server, which passes the path on to ``postlude unsubscribe serve``.
    """

    # RFC 8058 wants https; http is for a try on this machine. Mail programs add "?m=" and what it names.
    url: str | None = Field(
        default=None, pattern=r"^(https://[^/?#\s@]+|http://(127\.0\.0\.1|localhost)(:\d+)?)(/[^?#\s]*)?/unsubscribe$"
    )


def _as_three(given: object) -> object:
    return (given, given, given) if isinstance(given, int | float) and not isinstance(given, bool) else given


def _ascending(given: tuple[float, float, float]) -> tuple[float, float, float]:
    if list(given) != sorted(given):
        raise ValueError("must not fall: the lowest, the likeliest and the highest value, or one that is known")
    return given


NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
# What nobody has measured: one number where the shop knows it, else [lowest, likeliest, highest].
Assumed = Annotated[
    tuple[NotNegative, NotNegative, NotNegative], BeforeValidator(_as_three), AfterValidator(_ascending)
]
Page = Literal["orders", "tracking", "returns", "help"]
ProductType = Literal["consumable", "fashion", "considered", "durable", "digital", "gift_card", "service", "unknown"]


class Diagnosis(_Section):
    """What the diagnosis assumes about costs, and what it takes for usual in a dependable shop.

    Money is in the shop's currency; the sources speak of dollars, which are taken one to one until the shop knows
    better. usual_* is how many there are of a hundred orders in a shop where nothing is wrong: what lies over it is the
    leak. T… are the sources of thresholds in docs/diagnosis.md.
    """

    window_days: int = Field(default=90, ge=28, le=365)  # T4: the shop's own 90 days; our choice for all problems
    cost_per_ticket: Assumed = (10, 15, 25)  # T1: $10 to 25 a ticket; the likeliest is our choice
    # https://www.bls.gov/ooh/office-and-administrative-support/customer-service-representatives.htm: a median wage of
    # $15.53 in 2016 is the lowest; with what an employer pays besides, and years later: our choice
    hourly_cost: Assumed = (16, 25, 40)
    handle_minutes: Assumed = (5, 10, 15)  # our choice, for tickets whose handle time is not known
    claim_minutes: Assumed = (10, 20, 45)  # our choice: checking and deciding a claim, beside its tickets
    # https://bestforecommerce.com/ecommerce-statistics/delivery-returns/return-cost-per-order/?p=4903: $10 to 20
    return_processing_cost: Assumed = (10, 15, 20)
    # https://chargeback.io/blog/stripe-chargeback-fee: $15, kept even if the shop wins; $30 if it contests and loses
    # (https://blog.trychargeblast.com/blog/stripe-chargeback-fees-merchant-guide)
    chargeback_fee: Assumed = (15, 15, 30)
    margin_share: Assumed = (0.4, 0.5, 0.6)  # our choice, for products that give neither margin nor cost
    usual_wismo: NotNegative = 1.2  # T1: 1.1 to 1.2 per 100 orders
    usual_delivery_refunds: NotNegative = 0.5  # our choice; no public figure was found
    usual_claims: NotNegative = 0.5  # our choice; R10: no public figure was found
    usual_repeat_tickets: NotNegative = 2.0  # our choice: under a third of the 6.7 tickets per 100 orders of T1
    # our choice: half of the 0.65 per 100 from which card schemes watch a shop
    # (https://chargeback.io/zh/blog/stripe-chargeback-rate)
    usual_chargebacks: NotNegative = 0.3
    # T4, between the sources: apparel 25 to 40 and 26, beauty about 5, home 5 to 10, electronics 8 to 15, all online 19
    usual_returns: dict[ProductType, NotNegative] = Field(
        default={"fashion": 25, "consumable": 5, "considered": 15, "durable": 10, "digital": 1, "unknown": 19}
    )
    # T5: 18.8 % of 156,000 customers ordered again within a year, the only figure by cohort; 9.9 % luxury to 65.2 %
    # grocery. What is asked of each type lies between them: our choice
    target_repeat_share: dict[ProductType, Share] = Field(
        default={"consumable": 0.28, "fashion": 0.188, "considered": 0.099, "durable": 0.15, "unknown": 0.188}
    )
    max_unassigned_share: Share = 0.2  # R3, our choice
    min_claims_per_30_days: NotNegative = 5  # R10, our choice: fewer can be handled by hand


# Messages about an order that went wrong. They need no consent and no gate locks them, so no other program may be one.
SERVICE_PROGRAMS = ("delay_notice", "partial_delivery", "not_received_help")


class Program(_Section):
    """A recurring purpose with an owner and a metric (R2), the readiness checks it needs, and its weight.

    kind service is never locked by a gate; SERVICE_PROGRAMS are of that kind, and no other may be.
    priority multiplies the expected value in arbitration.
    """

    owner: str = Field(min_length=1)
    metric: str = Field(min_length=1)
    recurrence: str = Field(min_length=1)
    kind: Literal["marketing", "education", "service"] = "marketing"
    requires: tuple[str, ...] = ()
    priority: float = Field(default=1.0, gt=0)


# What peak makes stricter where shop.toml does not say it itself (R34; our choice), and which of two is stricter.
_PEAK_THRESHOLDS: dict[str, tuple[Callable[..., float], dict[str, float]]] = {
    "on_time_share": (max, {"pass": 0.95, "hold": 0.9}),
    "wismo_per_100_orders": (min, {"pass": 1.2, "hold": 2.4}),
}
_PEAK_BUDGET = {"marketing_per_7_days": 2, "marketing_per_30_days": 6, "all_messages_per_7_days": 5}


class Peak(_Section):
    """Days on which a shop is at its limits, both included: thresholds are stricter and the contact budget is lower.

    thresholds and budget take the place of what peak does by itself.
    """

    name: str = Field(min_length=1)
    from_on: dt.date = Field(alias="from")
    to_on: dt.date = Field(alias="to")
    thresholds: dict[str, dict[str, float]] = Field(default_factory=dict)
    budget: dict[
        Literal["marketing_per_day", "marketing_per_7_days", "marketing_per_30_days", "all_messages_per_7_days"],
        Annotated[int, Field(ge=0)],
    ] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "Peak":
        if self.to_on < self.from_on:
            raise ValueError(f"ends on {self.to_on}, before it begins on {self.from_on}; swap from and to")
        return self


class Capacity(_Section):
    """What the team can answer in a day; None where nobody said (R34)."""

    tickets_per_day: float | None = Field(default=None, gt=0)
    returns_per_day: float | None = Field(default=None, gt=0)


class Shop(_Section):
    """The whole of ``shop.toml``.

    context names a preset whose programs, gates and budgets stand where the shop says nothing itself; owner answers for
    every program that names no owner of its own. peaks are the dates of peak (R34). next_steps holds the shop's own
    words for what to do next, by the state of an order (R12), and pages the addresses that these steps lead to; a page
    without one is the support page.
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
    context: Literal["lean_smb", "high_return_or_high_aov", "retention_dtc"] | None = None
    owner: str | None = None
    programs: Annotated[dict[str, Program], AfterValidator(_service_is_service)]
    peaks: tuple[Peak, ...] = Field(default=(), alias="peak")
    brand: Brand
    imports: Import = Field(default_factory=Import, alias="import")
    sources: dict[str, SourceFiles] = Field(default_factory=dict)
    consent: Consent = Field(default_factory=Consent)
    retention: Retention = Field(default_factory=Retention)
    holdout: Holdout = Field(default_factory=Holdout)
    budget: Budget = Field(default_factory=Budget)
    alerts: Alerts = Field(default_factory=Alerts)
    export: Export = Field(default_factory=Export)
    unsubscribe: Unsubscribe = Field(default_factory=Unsubscribe)
    diagnosis: Diagnosis = Field(default_factory=Diagnosis)
    capacity: Capacity = Field(default_factory=Capacity)
    thresholds: dict[str, dict[str, float]] = Field(default_factory=dict)
    next_steps: dict[str, str] = Field(default_factory=dict)
    pages: dict[Page, Annotated[str, Field(pattern=r"^https?://")]] = Field(default_factory=dict)

    @property
    def models(self) -> Path:
        """Return the folder of the trained models, beside ``shop.toml``."""
        return self.root / "models"

    @property
    def region(self) -> str | None:
        """Return the country of the shop's locale (ISO 3166), for telephone numbers without a country's prefix."""
        return self.locale.partition("_")[2] or None

    def peaks_on(self, day: dt.date) -> tuple[Peak, ...]:
        """Return the peaks that *day* lies in."""
        return tuple(peak for peak in self.peaks if peak.from_on <= day <= peak.to_on)

    def on(self, day: dt.date) -> "Shop":
        """Return the settings as they are on *day*: in peak with stricter thresholds and a lower contact budget."""
        thresholds = {check: dict(limits) for check, limits in self.thresholds.items()}
        budget = self.budget.model_dump()
        for peak in self.peaks_on(day):
            for check, (stricter, limits) in _PEAK_THRESHOLDS.items():
                own = thresholds.setdefault(check, {})
                own.update({key: stricter(own.get(key, limit), limit) for key, limit in limits.items()})
            for check, given in peak.thresholds.items():
                thresholds.setdefault(check, {}).update(given)
            budget.update({key: min(budget[key], most) for key, most in _PEAK_BUDGET.items()})
            budget.update({str(key): most for key, most in peak.budget.items()})
        if not self.peaks_on(day):
            return self
        return self.model_copy(update={"thresholds": thresholds, "budget": Budget.model_validate(budget)})


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
        return Shop.model_validate({**with_context(raw), "root": path.resolve().parent})
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
