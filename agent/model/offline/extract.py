"""Extractive answers: sentences picked from a text as they stand."""

import re
from collections import Counter

from agent.model.offline.morphemes import content_words

_SENTENCE = re.compile(r"(?<=[.!?。])\s+|(?<=다\.)|\s*\n+\s*")
_LONGEST = 240


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text."""
    found = (" ".join(part.split()).lstrip("#-*> ").strip() for part in _SENTENCE.split(text))
    return [part[:_LONGEST] for part in found if len(part) > 1]


def fitting(query: str, text: str, *, wants_number: bool) -> list[tuple[float, str]]:
    """Sentences with how well they answer the query, best first."""
    words = content_words(query)
    scored = []
    for place, sentence in enumerate(sentences(text)):
        score = sum(_share(word, sentence) for word in words) - place * 0.01
        if wants_number and re.search(r"\d", sentence):
            score += 0.5
        scored.append((score, sentence))
    return sorted(scored, key=lambda pair: -pair[0])


def central(text: str, count: int) -> list[str]:
    """The sentences whose words the rest of the text speaks of most, in their order."""
    parts = sentences(text)
    words = [set(content_words(part)) for part in parts]
    weights = Counter(word for found in words for word in found)
    scores = [
        sum(weights[word] - 1 for word in found) / (len(found) + 3) + (0.5 if place == 0 else 0.0)
        for place, found in enumerate(words)
    ]
    best = sorted(sorted(range(len(parts)), key=lambda place: -scores[place])[:count])
    return [parts[place] for place in best]


def _share(word: str, sentence: str) -> float:
    """1 if the word occurs, less if only pairs of its letters do."""
    if word in sentence:
        return 1.0
    pairs = [word[at : at + 2] for at in range(len(word) - 1)]
    return 0.6 * sum(pair in sentence for pair in pairs) / len(pairs) if pairs else 0.0
