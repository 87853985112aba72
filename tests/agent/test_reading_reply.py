"""Whole replies, from the bytes that servers have been seen to send to clean deltas."""

import pytest

from tests.agent.reading_recordings import RECORDINGS
from tests.agent.reading_wire import Recording, expected, outcome


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda recording: recording.name)
def test_a_recorded_reply_means_the_same_however_its_bytes_are_cut(recording: Recording) -> None:
    body = recording.body

    whole = outcome(recording.reply(), [body])
    single = outcome(recording.reply(), [body[at : at + 1] for at in range(len(body))])

    if recording.fault:
        assert whole.fault == single.fault == recording.fault.__name__
    else:
        assert whole == expected(recording)
        assert single == whole
