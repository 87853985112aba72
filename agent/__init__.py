"""The brain of modu: sessions, graph, model client, policy, transcript and the faces without a screen."""
