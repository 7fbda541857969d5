"""What a template will say, before any night: pages to look at, and its twin for an ESP's own template language."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from personalization import content
from personalization.content import preview, vendors
from personalization.errors import WrongUse
from personalization.settings import Shop, load_shop, suggest
from personalization.store import files, run_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to look at: a template's examples, or a customer's message of a night.

    template is such as replenishment/one; None means all of them, each with its first example only. language and
    example narrow it down; customer and run name a message that was written.
    """

    template: str | None = None
    language: str | None = None
    example: str | None = None
    customer: str | None = None
    run: Path | None = None


def export_templates(vendor: str, *, shop_file: Path, out: Path) -> str:
    """Write every template in *vendor*'s own language into the folder *out*; return what was written, in a sentence.

    Raises WrongUse for a vendor whose language is not known here.
    """
    if vendor not in vendors.DIALECTS:
        raise WrongUse(f"--for {vendor}: no such vendor{suggest(vendor, list(vendors.DIALECTS))}")
    shop = load_shop(shop_file)
    folder = shop.root / "templates"
    templates = content.load_templates(folder, shop)
    for name, text in vendors.vendor_files(vendor, folder=folder, templates=templates, shop=shop):
        files.write_text(out / name, text)
    count = len({(one.name, one.language) for one in templates.compiled.values()})
    return (
        f"{count} templates for {vendors.DIALECTS[vendor].title}: {out}; {out / 'README.md'} says where to paste them."
    )


def preview_messages(wanted: Wanted, *, shop_file: Path, out: Path) -> int:
    """Write one page that shows what is *wanted* by day, by night, on a telephone and as text; return of how many.

    Raises WrongUse where there is no such template, example, language or message.
    """
    shop = load_shop(shop_file)
    templates = content.load_templates(shop.root / "templates", shop)
    names = sorted({template.name for template in templates.compiled.values()})
    if wanted.template is not None and wanted.template not in names:
        raise WrongUse(f"templates/{wanted.template}: no such template{suggest(wanted.template, names)}")
    if wanted.language is not None and wanted.language not in templates.languages:
        raise WrongUse(f"--language {wanted.language}: there is {', '.join(sorted(templates.languages))}")
    if (wanted.customer is None) != (wanted.run is None):
        raise WrongUse("--customer and --run belong together: name the customer and the run folder of the night")
    if wanted.run is not None:
        views = list(_written(wanted, wanted.run, templates))
    else:
        views = list(_examples(wanted, shop, templates))
    title = f"{shop.name}: {wanted.template or 'all messages'}"
    files.write_text(out, preview.preview_page(views, title=title))
    return len(views)


def _examples(wanted: Wanted, shop: Shop, templates: content.Templates) -> Iterator[preview.View]:
    found = 0
    for path in sorted((shop.root / "templates").glob(f"{wanted.template or '*/*'}/template.toml")):
        definition = content.read_definition(path)
        examples = definition.examples[:1] if wanted.template is None else definition.examples
        chosen = [one for one in definition.examples if one.name == wanted.example] if wanted.example else examples
        if not chosen:
            known = [one.name for one in definition.examples]
            raise WrongUse(f"{path}: no such example{suggest(str(wanted.example), known)}")
        for language in [wanted.language] if wanted.language else sorted(templates.languages):
            template = templates.compiled[definition.program, definition.variant, language]
            for example in chosen:
                trial = content.try_example(template, example, shop=shop, hosts=templates.hosts, where=path)
                found += 1
                yield preview.View(
                    name=f"{template.name} · {language} · {example.name}",
                    subject=trial.subject,
                    preheader=trial.preheader,
                    html=trial.html,
                    text=trial.text,
                    sms=trial.sms,
                )


def _written(wanted: Wanted, run: Path, templates: content.Templates) -> Iterator[preview.View]:
    run_folder.verify_run(run)
    rows = pq.read_table(run / "messages.parquet", filters=[("customer_id", "=", wanted.customer)]).to_pylist()
    if not rows:
        raise WrongUse(f"{run}: no message to customer {wanted.customer}; `postlude explain` says why")
    names = [f"{row['program']}/{row['variant']}" for row in rows]
    if wanted.template is not None and wanted.template not in names:
        raise WrongUse(f"{run}: to customer {wanted.customer} goes {', '.join(names)}, and not {wanted.template}")
    for row, name in zip(rows, names, strict=True):
        if wanted.template in (None, name):
            html, text = content.render_again(row, templates=templates)
            yield preview.View(
                name=f"{name} · {row['locale']} · customer {wanted.customer}",
                subject=row["subject"],
                preheader=row["preheader"],
                html=html,
                text=text,
                sms=content.sms_of(row),
            )
