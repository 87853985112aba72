"""Words of recurrence: 매주, 격월, 3주마다, 하루에 한 번, 마다."""

import re

from mcp_servers.calendar.korean_time.numerals import NATIVE, ONE_SINO, number
from mcp_servers.calendar.korean_time.token import Every, Meaning, Rule, Weekdays, words

_FREQUENCIES = {
    "시간": "HOURLY", "일": "DAILY", "하루": "DAILY", "주일": "WEEKLY", "주": "WEEKLY", "개월": "MONTHLY", "달": "MONTHLY",
    "년": "YEARLY", "해": "YEARLY", "분": "MINUTELY",
}  # fmt: skip
_WORDS = {
    "하루": (1, "DAILY"),
    "이틀": (2, "DAILY"),
    "사흘": (3, "DAILY"),
    "나흘": (4, "DAILY"),
    "열흘": (10, "DAILY"),
    "보름": (15, "DAILY"),
}
_ONCE = r"(?:마다|에\s?(?:한|1)\s?(?:번|차례|회)(?:씩|꼴로)?|\s?간격(?:으로)?|\s?주기(?:로)?)"


def _counted(match: re.Match[str]) -> Meaning | None:
    if word := match["word"]:
        step, frequency = _WORDS[word]
        return Every(frequency, step)
    count = int(number(match["count"]))
    return Every(_FREQUENCIES[match["unit"]], count) if count else None


RULES = (
    words({
        "매일매일|날마다|매일|하루에_한_번": Every("DAILY"), "매주|주마다|매_주": Every("WEEKLY"),
        "매달|매월|달마다|다달이|매_달|매_월": Every("MONTHLY"), "매년|매해|해마다|매_년|매_해": Every("YEARLY"),
        "격주": Every("WEEKLY", 2), "격월": Every("MONTHLY", 2), "격일": Every("DAILY", 2), "격년": Every("YEARLY", 2),
        "매분기|분기마다|매_분기": Every("MONTHLY", 3), "반기마다|매반기": Every("MONTHLY", 6), "매시간|시간마다|매_시간": Every("HOURLY"),
        "매": Every("WEEKLY"),
        "마다": Every(""),
    }),
    Rule("0123456789일이삼사오육칠팔구한두세네석넉다여아열하보나",
         re.compile(rf"(?:(?P<count>\d{{1,3}}|{NATIVE}|{ONE_SINO})\s?(?P<unit>시간|주일|개월|분|일|주|달|년|해)|(?P<word>{'|'.join(_WORDS)})){_ONCE}"),
         _counted),
    Rule("평", re.compile(r"(?:매\s?)?평일(?=\s?마다|\s?매일|\s?(?:오전|오후|아침|점심|저녁|밤|새벽|\d{1,2}\s?[시:]))"),
         lambda match: Weekdays((0, 1, 2, 3, 4), sure=True)),
    Rule("주", re.compile(r"주말(?=\s?마다)"), lambda match: Weekdays((5, 6), sure=True)),
)  # fmt: skip
