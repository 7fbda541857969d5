"""The colours of a message and their contrast."""

MIN_CONTRAST = 4.5  # WCAG 2.2, AA, normal text
DARK = "#1f2933"
PAPER = "#ffffff"


def colours(brand: str) -> dict[str, str]:
    """Return the colours of a message: the brand's, what reads well on it, and what links wear on paper."""
    on_brand = PAPER if contrast(brand, PAPER) >= contrast(brand, DARK) else DARK
    return {"brand": brand, "on_brand": on_brand, "link": brand if contrast(brand, PAPER) >= MIN_CONTRAST else DARK}


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours as WCAG 2.2 defines it, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    shares = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
