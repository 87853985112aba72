"""Korean particles that fit the word before them, also after digits, Latin letters, quotes and brackets."""

import re
from functools import lru_cache

_DIGITS = dict(zip("0123456789", "영일이삼사오육칠팔구", strict=True))
_ZEROS = ("", "십", "백", "천", "만", "만", "만", "만", "억", "억", "억", "억", "조")
_LETTERS = {"L": "엘", "M": "엠", "N": "엔", "R": "알"}
"""Letters whose names end in a consonant; the other names end in a vowel."""
_SIGNS = {"%": "퍼센트", "℃": "도", "$": "달러", "&": "앤드", "+": "플러스", "@": "앳", "#": "샵"}
_WORDS = {"json": "제이슨", "toml": "토믈", "kg": "킬로그램", "mm": "밀리미터", "cm": "센티미터", "km": "킬로미터"}
_CLOSED = re.compile(r"(?:ng|[lmn]|[lmn]e|ck|pp|[bcdfgklmnprstvz][aeiou][bckpt]|oo[kpt])$")
"""Ends of Latin words that Korean closes with a consonant: ring, tool, phone, app, web, book."""
_BRACKETED = re.compile(r"(?<=\S)\s*[(\[][^()\[\]]*[)\]]$")
_RIEUL = 8


def josa(word: str, pair: str) -> str:
    """The word with the fitting one of the pair: `josa("회의", "을/를")` is "회의를", `josa("3", "
    ""으로/로")` "3으로"."""
    return word + particle(word, pair)


@lru_cache(maxsize=1024)
def particle(word: str, pair: str) -> str:
    """The fitting one of a pair that is written closed form first: 을/를, 이/가, 은/는, 과/와, 으로/로."""
    closed, opened = pair.split("/")
    final = final_consonant(_sound(word))
    if final == _RIEUL and closed.startswith("으로"):
        return opened
    return closed if final else opened


def final_consonant(letter: str) -> int:
    """The index of a Hangul syllable's final consonant, 0 if it has none."""
    code = ord(letter) - 0xAC00
    return code % 28 if 0 <= code < 11172 else 0


def _sound(word: str) -> str:
    """The Hangul letter that the word ends in when it is read aloud."""
    plain = _BRACKETED.sub("", word.rstrip()).rstrip("'\"’”`)]}>」』》…!?.,~*_ ")
    if not plain:
        return "요"
    if plain[-1].isdigit():
        return _number(plain)
    if plain[-1] in _SIGNS:
        return _SIGNS[plain[-1]][-1]
    if latin := re.search(r"[A-Za-z]+$", plain):
        return _latin(latin.group())
    return plain[-1] if not "ㄱ" <= plain[-1] <= "ㅎ" else "윽"


def _number(text: str) -> str:
    digits = re.sub(r"^.*[^\d,.]", "", text).replace(",", "")
    zeros = len(digits) - len(digits.rstrip("0"))
    if zeros in (0, len(digits)) or "." in digits:
        return _DIGITS[digits[-1]]
    return _ZEROS[min(zeros, len(_ZEROS) - 1)]


def _latin(word: str) -> str:
    lower = word.lower()
    if lower in _WORDS:
        return _WORDS[lower][-1]
    if word.isupper() or not re.search(r"[aeiou]", lower):
        return _LETTERS.get(word[-1].upper(), "이")
    if lower.endswith(("l", "le")):
        return "을"
    return "은" if _CLOSED.search(lower) else "이"
