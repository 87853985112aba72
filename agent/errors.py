"""What can go wrong, grouped by who can fix it.

* ModuError
  + UserError            the user can fix it; `hint` says how, `exit_code` is what a script sees
    - UsageError         a wrong option, an unknown profile
    - SettingsError      a setting is missing or does not parse
    - StorageError       the home folder cannot be read or written
    - SessionBusy        another process is running a turn of this session
    - ModelUnavailable   no model server answers
    - ModelFailed        the model server answered, but not with something usable
      * ContextOverflow  the request is longer than the model's window
  + ToolFailed           the model can fix it: it goes back as a failed tool result

Anything else is a bug: it is never caught on the way up and reaches the process's top level.
"""


class ModuError(Exception):
    """Base of every error this project raises on purpose."""


class UserError(ModuError):
    """The user can fix this, and `hint` says how."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(UserError):
    """The command line asks for something that does not exist."""

    exit_code = 2


class SettingsError(UserError):
    """A setting is missing or does not parse."""

    exit_code = 2


class StorageError(UserError):
    """The home folder or its database cannot be read or written."""


class SessionBusy(UserError):
    """Another process is running a turn of this session."""


class ModelUnavailable(UserError):
    """No model server answers at the address."""

    exit_code = 3


class ModelFailed(UserError):
    """The model server answered with an error or with nothing usable."""


class ContextOverflow(ModelFailed):
    """The request is longer than the model's window."""


class ToolFailed(ModuError):
    """A tool could not do what it was asked; the text is written for the model."""

    def __init__(self, message: str, *, code: str = "failed") -> None:
        super().__init__(message)
        self.code = code
