"""Gorgias's traps: real-shaped files, and the tickets that must come of them."""

import pytest

from tests.lib.golden_imports import expected_of, found_in, traps


@pytest.mark.parametrize("trap", traps("gorgias"))
def test_a_trap_of_gorgias(trap, tmp_path):
    """Each trap's files give exactly the tickets beside them."""
    assert found_in("gorgias", trap, tmp_path) == expected_of("gorgias", trap)
