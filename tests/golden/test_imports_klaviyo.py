"""Klaviyo's traps: real-shaped files, and the consents and suppressions that must come of them."""

import pytest

from tests.lib.golden_imports import expected_of, found_in, traps


@pytest.mark.parametrize("trap", traps("klaviyo"))
def test_a_trap_of_klaviyo(trap, tmp_path):
    """Each trap's files give exactly the rows beside them."""
    assert found_in("klaviyo", trap, tmp_path) == expected_of("klaviyo", trap)
