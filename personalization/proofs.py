"""What a template will say, before any night: its twin for an ESP's own template language."""

from pathlib import Path

from personalization import content
from personalization.content import vendors
from personalization.errors import WrongUse
from personalization.settings import load_shop, suggest
from personalization.store import files


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
