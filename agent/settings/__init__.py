"""One frozen value that says how this process behaves, loaded once by the face.

Sources, the strongest first: the command line, `MODU_…` variables, `.modu/config.toml` of the project, `config.toml` in
the home folder. A project's file comes with the project and is not the user's word: unless the user lists the project
in `trusted_projects`, it may only make things stricter.
"""

from agent.settings.profile import Endpoint, Engine, Precision, Profile, Sampling
from agent.settings.sources import load
from agent.settings.values import Language, Mode, ServerSpec, Settings

__all__ = [
    "Endpoint",
    "Engine",
    "Language",
    "Mode",
    "Precision",
    "Profile",
    "Sampling",
    "ServerSpec",
    "Settings",
    "load",
]
