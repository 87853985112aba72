"""Words of recurrence: 매주, 격월, 3주마다, 하루에 한 번, 마다."""

import re

from mcp_servers.calendar.korean_time.words.numerals import DAYS, NATIVE, ONE_SINO, number
from mcp_servers.calendar.korean_time.words.token import Every, Meaning, Weekdays, rule, words

_FREQUENCIES = {
    "시간": "HOURLY", "분": "MINUTELY", "일": "DAILY", "주일": "WEEKLY", "주": "WEEKLY", "개월": "MONTHLY",
    "달": "MONTHLY", "년": "YEARLY", "해": "YEARLY", "연": "YEARLY", "월": "MONTHLY",
}  # fmt: skip
_DAYS = "|".join(name for name in DAYS if " " not in name)
_ONCE = r"(?:마다|에\s?(?:한|1)\s?(?:번|차례|회)(?:씩|꼴로)?|\s?간격(?:으로)?|\s?주기(?:로)?)"


def _counted(match: re.Match[str]) -> Meaning | None:
    if name := match["name"]:
        return Every("DAILY", DAYS[name])
    count = int(number(match["count"]))
    return Every(_FREQUENCIES[match["unit"]], count) if count else None


RULES = (
    words({
        "매일매일|날마다|매일": Every("DAILY"), "매주|주마다": Every("WEEKLY"),
        "매달|매월|달마다|다달이": Every("MONTHLY"), "매년|매해|해마다": Every("YEARLY"),
        "격일": Every("DAILY", 2), "격주": Every("WEEKLY", 2), "격월": Every("MONTHLY", 2), "격년": Every("YEARLY", 2),
        "매분기|분기마다": Every("MONTHLY", 3), "반기마다|매반기": Every("MONTHLY", 6),
        "매시간|시간마다": Every("HOURLY"), "매": Every("WEEKLY"), "마다": Every(""),
    }),
    rule(
        "0123456789일이삼사오육칠팔구한두세네석넉다여아열스하보나닷엿",
        rf"(?:(?P<count>\d{{1,3}}|{NATIVE}|{ONE_SINO})\s?(?P<unit>시간|주일|개월|분|일|주|달|년|해)|(?P<name>{_DAYS})){_ONCE}",
        _counted,
    ),
    rule("연년월주", r"(?P<unit>[연년월주])\s?1\s?회", lambda match: Every(_FREQUENCIES[match["unit"]])),
    rule(
        "평매",
        r"(?:매\s?)?평일(?=\s?마다|\s?매일|\s?(?:오전|오후|아침|점심|저녁|밤|새벽|\d{1,2}\s?[시:]))",
        Weekdays((0, 1, 2, 3, 4), sure=True),
    ),
    rule("주", r"주말(?=\s?마다)", Weekdays((5, 6), sure=True)),
    rule("매", r"매(?=주말)", Every("WEEKLY")),
)  # fmt: skip
