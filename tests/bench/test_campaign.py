"""A campaign day in small: two web processes and two workers share one PostgreSQL database."""

from pathlib import Path

import pytest

from tests.bench.campaign import campaign_day, compare, place


def test_a_burst_to_many_desks_is_answered_and_sent_once_each_at_its_own_desk(
    empty_postgresql: str, tmp_path: Path
) -> None:
    with place(tmp_path, empty_postgresql, 30) as at:
        campaign_day(at, 250, 2)  # raises when anything was lost, doubled or kept elsewhere
        assert len(at.provider.taken) >= 250
        at.families[0].told.append("SM that was acknowledged and is not kept")
        with pytest.raises(AssertionError):
            compare(at)
