"""Check digits and dates inside Korean numbers; every function takes plain ASCII digits."""

import re

_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_RESIDENT_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
_BUSINESS_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)
_DATE = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_REGISTRY = re.compile(r"(?:1[1-8]|2[0-4])[0-9]{2}(?:1[1-5]|2[1-9]|71|81)")
_NO_DIGIT = re.compile(r"[^0-9]+")


def digits(text: str) -> str:
    """The ASCII digits of a text."""
    return _NO_DIGIT.sub("", text)


def is_day(month: str, day: str) -> bool:
    """Whether the month has this day in a leap year."""
    return 1 <= int(month) <= 12 and 1 <= int(day) <= _DAYS[int(month) - 1]


def starts_with_date(number: str) -> bool:
    """YYYYMMDD of the last and this century."""
    return bool(_DATE.match(number)) and is_day(number[4:6], number[6:8])


def is_birth(number: str) -> bool:
    """YYMMDD and a digit for century and sex, 1 to 8 (resident registration rules, form 5)."""
    return is_day(number[2:4], number[4:6]) and number[6] in "12345678"


def is_living_birth(number: str) -> bool:
    """A birth after 1930, so that a number without any other hint may well be a person's."""
    if not is_birth(number):
        return False
    year = int(number[:2])
    return year >= 30 if number[6] in "1256" else year <= 30


def resident_checksum(number: str) -> bool:
    """Of Koreans and of foreigners; numbers given since October 2020 have none."""
    total = sum(int(digit) * weight for digit, weight in zip(number, _RESIDENT_WEIGHTS, strict=False))
    return int(number[12]) in ((11 - total % 11) % 10, (13 - total % 11) % 10)


def business_checksum(number: str) -> bool:
    """Ten digits of the National Tax Service."""
    total = sum(int(digit) * weight for digit, weight in zip(number, _BUSINESS_WEIGHTS, strict=False))
    return (total + int(number[8]) * 5 // 10 + int(number[9])) % 10 == 0


def is_registry(number: str) -> bool:
    """Whether a number begins with four digits of a court registry and two of a kind of company."""
    return bool(_REGISTRY.match(number))


def corporate_checksum(number: str) -> bool:
    """Thirteen digits of the court registry: weights 1 and 2 in turn."""
    total = sum(int(digit) * (1 + place % 2) for place, digit in enumerate(number[:12]))
    return (total + int(number[12])) % 10 == 0


def luhn(number: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    doubled = (sum(divmod(int(digit) * 2, 10)) for digit in number[-2::-2])
    return (sum(doubled) + sum(int(digit) for digit in number[::-2])) % 10 == 0


def barcode(number: str) -> bool:
    """GS1 EAN-13 from Korea."""
    total = sum(int(digit) * (1 + 2 * (place % 2)) for place, digit in enumerate(number[:12]))
    return number.startswith("880") and (total + int(number[12])) % 10 == 0
