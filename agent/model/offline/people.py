"""Where a text names people: recipients, companions, senders and phone numbers."""

import re
from dataclasses import dataclass

from agent.model.offline.morphemes import is_common, is_person

NUMBER = (
    r"(?<!\d)(?:(?:\+82[- ]?|0)1[016789][-. ]?\d{3,4}[-. ]?\d{4}|0\d{1,2}[-. ]\d{3,4}[-. ]\d{4}"
    r"|1[5-9]\d{2}-\d{4})(?!\d)"
)
_TITLES = (
    "부사장|본부장|센터장|연구원|선생|과장|대리|부장|팀장|사원|차장|이사|상무|전무|사장|대표|회장|교수|박사|원장"
    "|실장|소장"
    "|국장|주임|책임|선임|수석|매니저|프로|간사|기사|변호사|회계사|세무사|선배|후배|인턴|고객|손"
)
_RELATIONS = (
    "엄마|아빠|어머니|아버지|할머니|할아버지|언니|오빠|누나|형|동생|여보|아내|남편|와이프|이모|고모|삼촌|장모|장인|친구"
    "|거래처|고객사|담당자|사장|팀원들|팀원|동료|집주인|경비실|택배\\s?기사"
)
_SURNAMES = (
    "김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허남심노하곽성차주우구나민진지엄채원천방공현함변염여추석"
    "선설마길연위표명기반왕금옥육인맹제모탁"
)
_NOT_A_NAME = re.compile(
    "함|누구|나|저|내|우리|아무|이것|그것|문자|메시지|회의|일정|자료|내용|자신|모두|다들|커피|점심|저녁|아침|회식|오전|오후"
    "|사람|분|쪽|거기|여기|얘|걔"
)
_SUFFIX = r"(?:\s?(?:님들|님|씨|군|양))?"
_LETTER = r"(?:[가-힣]{1,5}?|[A-Z][A-Za-z]+)"
_TEAM = r"(?:우리\s|저희\s)?(?:[가-힣A-Za-z]+(?:팀|부서|실|사)\s)?"
_ONE = rf"(?<![가-힣A-Za-z]){_TEAM}{_LETTER}(?:\s?(?:{_TITLES}))?{_SUFFIX}"
_AND = r"(?:\s?(?:이랑|랑|하고|과|와)\s+|\s?,\s*|\s(?:및|그리고)\s)"
_RECIPIENTS = re.compile(
    rf"(?P<group>{_ONE}(?:{_AND}{_ONE})*)\s?(?:한테|에게|께)(?!서|\s?(?:온|왔|받))(?:도|는|만)?(?![가-힣])"
)
_TO_NUMBER = re.compile(rf"(?P<number>{NUMBER})\s?(?:번호|번)?(?:으로|로|에|한테|에게)?(?![가-힣])")
_WITH = re.compile(
    rf"(?P<group>{_ONE}(?:{_AND}{_ONE})*)\s?(?:이랑|랑|하고|과의|와의|과|와)(?:\s?(?:함께|같이))?(?:\s(?:하는"
    rf"|할|한))?(?![가-힣])"
)
_FROM = re.compile(rf"(?P<group>{_ONE})\s?(?:한테서|에게서|께서|에게|한테|께|이가|이|가)(?![가-힣])")
_NAME = re.compile(
    rf"(?:(?P<team>[가-힣A-Za-z]+(?:팀|부서|실))\s)?(?P<name>{_LETTER})(?:\s?(?P<title>{_TITLES}))?{_SUFFIX}"
)
_INTIMATE = re.compile(r"^([가-힣]{1,2}[가-힣])이$")


@dataclass(frozen=True)
class Person:
    name: str
    """As a tool should look them up: "김민수", "김 과장", "엄마"."""
    title: str = ""
    team: str = ""

    @property
    def fully(self) -> str:
        """With everything that tells namesakes apart."""
        return " ".join(filter(None, (self.team, self.name, self.title)))


@dataclass(frozen=True)
class Mention:
    start: int
    end: int
    people: tuple[Person, ...]


def recipients(text: str) -> Mention | None:
    """Whom something is sent to: "김민수 과장님께", "이서연이랑 박지훈한테", "010-1234-5678로"."""
    for found in _RECIPIENTS.finditer(text):
        if mention := _mention(found, text):
            return mention
    if number := _TO_NUMBER.search(text):
        return Mention(number.start(), number.end(), (Person(number.group("number")),))
    return None


def companions(text: str) -> Mention | None:
    """With whom: "이서연이랑", "박지훈 대리님과 함께"."""
    for found in _WITH.finditer(text):
        mention = _mention(found, text)
        if mention and all(_likely(person) for person in mention.people):
            return mention
    return None


def sender(text: str) -> Mention | None:
    """From whom: "민수가 보낸", "엄마한테 온"."""
    for found in _FROM.finditer(text):
        mention = _mention(found, text)
        after = text[found.end() :]
        if mention and re.match(
            r"\s*(?:[가-힣]+에?\s+)?(?:나한테\s|저한테\s)?(?:보낸|보냈|온|왔|뭐라|뭐래|문자|받은|한)", after
        ):
            return mention
    return None


def named(text: str) -> Person | None:
    """The person a whole short text names, such as the answer "김민수 과장님이요"."""
    plain = re.sub(
        r"\s?(?:한테서|한테|에게|께|이랑|랑|의|은|는|이요|요|이에요|예요|입니다)$", "", text.strip().rstrip(".!?~ ")
    )
    if re.fullmatch(NUMBER, plain):
        return Person(plain)
    return _person(plain)


def mentioned(text: str) -> Person | None:
    """The first word that is surely a person's name."""
    for word in re.findall(r"(?<![가-힣])[가-힣]{2,8}", text):
        for end in range(len(word), 1, -1):
            person = _person(word[:end])
            rest = word[end:]
            if person and re.fullmatch(r"|의|이|가|은|는|을|를|이랑|랑|와|과|씨|님|이의", rest) and _likely(person):
                return person
    return None


def _mention(found: re.Match[str], text: str) -> Mention | None:
    people: list[Person] = []
    for part in re.split(_AND, found.group("group")):
        person = _person(part.strip())
        if person is None:
            return None
        people.append(person)
    if len(people) > 1 and not all(map(_likely, people)):
        # "회의 자료랑 김민수한테": only the last one is surely a recipient.
        last = re.split(_AND, found.group("group"))[-1]
        return Mention(text.rindex(last, 0, found.end()), found.end(), (people[-1],))
    return Mention(found.start(), found.end(), tuple(people))


def _person(text: str) -> Person | None:
    text = re.sub(r"^(?:우리|저희)\s", "", text)
    found = _NAME.fullmatch(text)
    if found is None:
        return None
    name, title = found.group("name"), found.group("title") or ""
    if _NOT_A_NAME.fullmatch(name):
        return None
    if re.fullmatch(_TITLES, name) and text.endswith("님"):
        return Person(text)
    if title and len(name) == 1:
        return Person(f"{name}{' ' if ' ' in text else ''}{title}")
    intimate = _INTIMATE.match(name)
    if intimate and not title and _closed(name[-2]) and len(name) >= 3:
        name = name[:-1]
    return Person(name, title, found.group("team") or "")


def _likely(person: Person) -> bool:
    name = person.name
    if person.title or re.fullmatch(rf"{_RELATIONS}|(?:{_TITLES})님|{NUMBER}", name) or name.endswith("팀"):
        return True
    if re.fullmatch(r"[A-Z][a-z]+", name):
        return True
    return (len(name) == 3 and name[0] in _SURNAMES and not is_common(name)) or is_person(name)


def _closed(letter: str) -> bool:
    return (ord(letter) - 0xAC00) % 28 != 0
