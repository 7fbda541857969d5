"""``[diagnosis]`` in shop.toml: one number or three, never falling; what is wrong is named with its key."""

from pathlib import Path

import pytest

from benchmarks.diagnosis import ROOT
from personalization.errors import ConfigurationInvalid
from personalization.settings import Diagnosis, load_shop


def shop_with(folder: Path, line: str) -> Diagnosis:
    path = folder / "shop.toml"
    path.write_text(f"{(ROOT / 'shop.toml').read_text(encoding='utf-8')}\n[diagnosis]\n{line}\n", encoding="utf-8")
    return load_shop(path).diagnosis


@pytest.mark.parametrize(
    ("line", "three"), [("cost_per_ticket = 12.5", (12.5, 12.5, 12.5)), ("cost_per_ticket = [1, 2, 4]", (1, 2, 4))]
)
def test_one_number_or_three(tmp_path: Path, line: str, three: tuple[float, float, float]) -> None:
    """A cost that the shop knows is one number."""
    assert shop_with(tmp_path, line).cost_per_ticket == three


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("cost_per_ticket = [3, 2, 1]", "must not fall"),
        ("cost_per_ticket = [1, 2]", "diagnosis.cost_per_ticket"),
        ("cost_per_ticket = -1", "diagnosis.cost_per_ticket"),
        ("hourly_costs = 3", "did you mean 'hourly_cost'?"),
        ("window_days = 7", "diagnosis.window_days"),
        ("usual_returns = { shoes = 20 }", "diagnosis.usual_returns"),
        ("target_repeat_share = { fashion = 20 }", "diagnosis.target_repeat_share"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, line: str, told: str) -> None:
    """A wrong assumption stops at once, with its key."""
    with pytest.raises(ConfigurationInvalid, match="diagnosis") as caught:
        shop_with(tmp_path, line)

    assert told in str(caught.value)
