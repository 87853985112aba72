"""The brain of modu: sessions, graph, model client, policy, transcript and the faces without a screen."""

__version__ = "0.1.0"
