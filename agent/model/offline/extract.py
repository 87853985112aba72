"""Extractive answers: sentences picked from a text as they stand."""

import re
from collections import Counter

from agent.model.offline.morphemes import content_words

_SENTENCE = re.compile(r"(?<=[.!?。])\s+|(?<=다\.)|\s*\n+\s*")
_NUMBER_WANTED = re.compile(r"얼마|며칠|몇|언제|한도|기간|금액|기준|까지")
_WHOLE = re.compile(r"(?:[다요음함임됨까죠오]|[.!?:%원일개회])[.)\]”\"']*$")
"""Ends of sentences; a heading answers no question."""
_LONGEST = 240


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text."""
    found = (" ".join(part.split()).lstrip("#-*> ").strip() for part in _SENTENCE.split(text))
    return [part[:_LONGEST] for part in found if len(part) > 1]


def fitting(query: str, question: str, text: str) -> list[tuple[float, str]]:
    """Sentences with how well they answer the question, best first; `query` holds its words that matter most."""
    words = content_words(query)
    wants_number = bool(_NUMBER_WANTED.search(question))
    unit = re.search(r"몇\s?(개|명|번|장|건|회|년|일|원|시간|퍼센트)", question)
    scored: list[tuple[float, str]] = []
    asked = 0.0
    for place, sentence in enumerate(sentences(text)):
        shared = sum(_share(word, sentence) for word in words)
        score = shared + _likeness(question, sentence) - place * 0.01
        if shared or asked:
            score += 0.5 * (wants_number and bool(re.search(r"\d", sentence)))
            score += 0.7 * bool(unit and re.search(rf"\d\s?{unit.group(1)}", sentence))
        score -= 0.8 * (not _WHOLE.search(sentence))
        # Of a question and its answer, the answer is wanted.
        is_question = sentence.endswith("?")
        scored.append((score + 0.8 * asked - (1.0 if is_question else 0.0), sentence))
        asked = score if is_question else 0.0
    return sorted(scored, key=lambda pair: -pair[0])


def central(text: str, count: int) -> list[str]:
    """The sentences whose words the rest of the text speaks of most, in their order."""
    parts = sentences(text)
    words = [set(content_words(part)) if _WHOLE.search(part) else set() for part in parts]
    weights = Counter(word for found in words for word in found)
    scores = [
        sum(weights[word] - 1 for word in found) / (len(found) + 3) + (0.3 if place == 0 else 0.0)
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


def _likeness(question: str, sentence: str) -> float:
    """The share of the question's letter pairs that the sentence has: it also sees verbs."""
    pairs = {question[at : at + 2] for at in range(len(question) - 1) if " " not in question[at : at + 2]}
    return sum(pair in sentence for pair in pairs) / len(pairs) if pairs else 0.0
