"""Places of colleagues abroad by their Korean names."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_PLACES = """
Asia/Seoul KR 서울 한국 부산 본사
Asia/Tokyo JP 도쿄 동경 일본 오사카
Asia/Shanghai CN 상하이 상해 베이징 북경 선전 심천 중국
Asia/Hong_Kong HK 홍콩
Asia/Taipei TW 타이베이 타이페이 대만
Asia/Singapore SG 싱가포르 싱가폴
Asia/Bangkok TH 방콕 태국
Asia/Ho_Chi_Minh VN 호치민 호찌민 하노이 베트남
Asia/Jakarta ID 자카르타 인도네시아
Asia/Manila PH 마닐라 필리핀
Asia/Kolkata IN 인도 뭄바이 벵갈루루 델리
Asia/Dubai AE 두바이
Europe/London GB 런던 영국
Europe/Paris FR 파리 프랑스
Europe/Berlin DE 베를린 독일 뮌헨 프랑크푸르트
Europe/Amsterdam NL 암스테르담 네덜란드
Europe/Warsaw PL 바르샤바 폴란드
America/New_York US 뉴욕 보스턴 워싱턴 미국동부 동부
America/Chicago US 시카고 텍사스 댈러스 오스틴
America/Los_Angeles US 로스앤젤레스 la 샌프란시스코 실리콘밸리 시애틀 미국서부 서부
America/Toronto CA 토론토
America/Vancouver CA 밴쿠버
America/Sao_Paulo BR 상파울루 브라질
Australia/Sydney AU 시드니 호주 멜버른
"""
_ROWS = [line.split() for line in _PLACES.split("\n") if line]
_NAMED = {name: (zone, country) for zone, country, *names in _ROWS for name in names}
_COUNTRIES = {zone: country for zone, country, *_ in _ROWS}
_SUFFIXES = ("지사", "사무소", "오피스", "법인", "시간")


def place(text: str) -> tuple[ZoneInfo, str] | None:
    """Zone and country of "뉴욕", "런던 지사" or "Europe/Madrid"; None when the text names no place we know."""
    name = "".join(text.casefold().split())
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    if known := _NAMED.get(name):
        return ZoneInfo(known[0]), known[1]
    try:
        return (ZoneInfo(text.strip()), country_of(text.strip())) if "/" in text else None
    except (ZoneInfoNotFoundError, ValueError, IsADirectoryError):
        return None


def country_of(zone: str) -> str:
    """ISO 3166 code of the country whose holidays hold in the zone; empty when it is not in our table."""
    return _COUNTRIES.get(zone, "")
