"""Loop's traps: real-shaped files, and the returns that must come of them."""

import pytest

from tests.lib.golden_imports import expected_of, found_in, traps


@pytest.mark.parametrize("trap", traps("loop"))
def test_a_trap_of_loop(trap, tmp_path):
    """Each trap's files give exactly the rows beside them."""
    assert found_in("loop", trap, tmp_path) == expected_of("loop", trap)
