"""Two sober colour themes, and which of them suits the terminal."""

from collections.abc import Mapping

from textual.theme import Theme

DARK = Theme(
    name="modu-dark",
    primary="#7fa6cc",
    secondary="#98a2b8",
    accent="#d3a56d",
    warning="#d8b06a",
    error="#dd8585",
    success="#8fbf94",
    foreground="#d9dce3",
    background="#16181d",
    surface="#1d2027",
    panel="#272b34",
)
LIGHT = Theme(
    name="modu-light",
    primary="#2c5f8d",
    secondary="#59647a",
    accent="#8a5a12",
    warning="#8a5a12",
    error="#a63a3a",
    success="#2f6d3c",
    foreground="#24272e",
    background="#fbfaf7",
    surface="#f2f0ea",
    panel="#e6e3da",
    dark=False,
)

_LIGHT_BACKGROUNDS = {"7", "15"}


def suited_to(environment: Mapping[str, str]) -> str:
    """The name of the theme for this terminal, as far as it tells its background in `COLORFGBG`."""
    background = environment.get("COLORFGBG", "").rpartition(";")[2]
    return LIGHT.name if background in _LIGHT_BACKGROUNDS else DARK.name
