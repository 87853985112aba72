"""Other places' clocks: "뉴욕 시간으로", "태평양 표준시 기준", "UTC+8"."""

import re

from mcp_servers.calendar.korean_time.words.token import Meaning, Zone, rule

_PLACES = {
    "Asia/Seoul": "서울|한국|우리나라|국내|부산", "Asia/Tokyo": "도쿄|일본|동경",
    "Asia/Shanghai": "베이징|북경|상하이|상해|중국",
    "Asia/Hong_Kong": "홍콩", "Asia/Taipei": "타이베이|대만|타이완", "Asia/Singapore": "싱가포르|싱가폴",
    "Asia/Ho_Chi_Minh": "하노이|호치민|베트남", "Asia/Bangkok": "방콕|태국", "Asia/Manila": "마닐라|필리핀",
    "Asia/Jakarta": "자카르타", "Asia/Kolkata": "인도|뭄바이|뉴델리|델리|벵갈루루", "Asia/Dubai": "두바이",
    "Australia/Sydney": "시드니|호주", "Pacific/Auckland": "오클랜드|뉴질랜드", "Pacific/Honolulu": "하와이|호놀룰루",
    "Europe/London": "런던|영국", "Europe/Paris": "파리|프랑스", "Europe/Berlin": "베를린|독일|프랑크푸르트|뮌헨",
    "Europe/Madrid": "마드리드|스페인", "Europe/Rome": "로마|이탈리아", "Europe/Amsterdam": "암스테르담|네덜란드",
    "Europe/Zurich": "취리히|스위스", "Europe/Moscow": "모스크바", "Europe/Istanbul": "이스탄불",
    "America/New_York": "뉴욕|보스턴|워싱턴|미국동부|미동부|동부", "America/Toronto": "토론토",
    "America/Chicago": "시카고|미국중부|미중부|중부|댈러스|텍사스", "America/Denver": "덴버|산악|미국산악",
    "America/Los_Angeles": "로스앤젤레스|엘에이|LA|샌프란시스코|시애틀|실리콘밸리|캘리포니아|미국서부|미서부|서부|"
    "태평양",
    "America/Vancouver": "밴쿠버", "America/Sao_Paulo": "상파울루|브라질", "UTC": "국제|세계|협정세계|그리니치",
}  # fmt: skip
_CODES = {
    "KST": "Asia/Seoul", "JST": "Asia/Tokyo", "UTC": "UTC", "GMT": "UTC", "PST": "America/Los_Angeles",
    "PDT": "America/Los_Angeles", "EST": "America/New_York", "EDT": "America/New_York", "CST": "America/Chicago",
    "CET": "Europe/Paris", "PT": "America/Los_Angeles", "ET": "America/New_York",
}  # fmt: skip
_KEYS = {place: key for key, places in _PLACES.items() for place in places.split("|")}
_NAMES = "|".join(sorted(_KEYS, key=len, reverse=True)).replace("미국", r"미국\s?").replace("협정", r"협정\s?")
_FARTHEST = 14


def _place(match: re.Match[str]) -> Meaning:
    return Zone(_KEYS[re.sub(r"\s", "", match["place"])])


def _offset(match: re.Match[str]) -> Meaning | None:
    hours = int(match["hours"])
    # The names of Etc count from Greenwich the other way round.
    return Zone(f"Etc/GMT{-hours:+d}") if abs(hours) <= _FARTHEST - 2 * (hours < 0) else None


RULES = (
    rule(
        "".join(sorted({place[0] for place in _KEYS})),
        rf"(?P<place>{_NAMES})\s?(?:현지\s?)?(?:(?:표준시|시간|시각|시(?=[로\s]))(?:대)?|(?=기준))(?:\s?기준)?(?:으로|로)?"
        r"(?:\s?기준(?:으로)?)?",
        _place,
        whole=False,
    ),
    rule("UG", r"(?:UTC|GMT)\s?(?P<hours>[+-]\d{1,2})(?!\d|:[1-9])(?::00)?(?:\s?기준)?(?:으로)?", _offset, whole=False),
    rule(
        "KJUGPEC",
        rf"(?P<code>{'|'.join(_CODES)})(?![A-Za-z]|\s?[+-]\d)(?:\s?(?:시간|기준|로|으로)){{0,3}}",
        lambda match: Zone(_CODES[match["code"]]),
        whole=False,
    ),
)  # fmt: skip
