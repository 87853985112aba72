"""The request of every row where it cannot be met."""

from dataclasses import replace

from tests.faults.conversation import CREATE

UNDONE = replace(CREATE, done={}, events=())
"""Nothing was carried out."""
