"""The one next step of every order, worded for the tools that speak to its customer: tracking page, help desk, SMS."""

from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from personalization.content.guide import STEP_LANGUAGES, Guide, guide_of
from personalization.content.lines import parse_line
from personalization.content.sms import write_sms
from personalization.journey import NEXT_STEPS
from personalization.settings import Shop

_SMS = parse_line("{{ shop_name }}: {{ macro }}")


def told_next_steps(steps: pa.Table, *, shop: Shop, run_date: date) -> pa.Table:
    """Return one row an order with its next step in words; *steps* is the journey's table of that name.

    Per language (``_en``, ``_de``): title, how the order is; sentence, what to do, as e-mails say it; macro, both with
    the link, for the help desk; sms, the same as a text message. counts_until_on is the last day on which a tool may
    show the row: the day after the night, for the next night writes it anew. No address stands in it.
    """
    guide = guide_of(shop)
    places = pc.index_in(steps["state"], value_set=pa.array(list(NEXT_STEPS)))
    told = {name: steps[name] for name in ("order_id", "customer_id", "state", "next_step")}
    told["link"] = pc.take(pa.array([guide.url(step.page) for step in NEXT_STEPS.values()]), places)
    for language in STEP_LANGUAGES:
        said = [_said(state, guide, language=language, shop_name=shop.name) for state in NEXT_STEPS]
        for name in ("title", "sentence", "macro", "sms"):
            told[f"{name}_{language}"] = pc.take(pa.array([words[name] for words in said]), places)
    told |= {name: steps[name] for name in ("earliest_on", "latest_on")}
    told["counts_until_on"] = pa.array([run_date + timedelta(days=1)] * steps.num_rows, pa.date32())
    return pa.table(told)


def _said(state: str, guide: Guide, *, language: str, shop_name: str) -> dict[str, str]:
    title = str(getattr(NEXT_STEPS[state], f"title_{language}"))
    sentence = guide.step(state, language=language) or ""
    full_stop = "." if sentence[-1:].isalnum() else ""
    macro = f"{title}. {sentence}{full_stop} {guide.url(NEXT_STEPS[state].page)}"
    sms = write_sms(_SMS, {"shop_name": shop_name, "macro": macro})
    return {"title": title, "sentence": sentence, "macro": macro, "sms": sms}
