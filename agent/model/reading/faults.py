"""What can be wrong with a whole reply, so that the client can decide what to do about it.

* ReplyFault
  + Cut           the connection ended before the server said how the reply ends
  + ServerSaid    the server reported an error inside an answer that had begun well
  + NotAModel     a web page or something else that is no answer of a model
  + Empty         neither text nor calls nor reasoning
  + Looping       the model repeats itself without end
  + Unfinished    the length limit fell inside the thinking
"""


class ReplyFault(Exception):
    """Never leaves `agent.model`."""


class Cut(ReplyFault):
    """The connection ended before the server said how the reply ends."""


class ServerSaid(ReplyFault):
    """An error object where the answer should be. `status` is its HTTP-like code, 0 if it has none."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class NotAModel(ReplyFault):
    """The text is what the page says, in one line."""


class Empty(ReplyFault):
    """Neither text nor calls nor reasoning."""


class Looping(ReplyFault):
    """The text is the passage that is repeated."""


class Unfinished(ReplyFault):
    """The length limit fell inside the thinking, so there is no answer."""
