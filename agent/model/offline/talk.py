"""What is said without any tool: greetings, and plainly what cannot be done without a model."""

import re
from collections.abc import Callable

from agent.model.offline.clause import Clause
from agent.model.offline.extract import central
from agent.model.offline.plan import Done, Plan

_EXAMPLES = (
    "- 내일 오후 3시에 디자인 리뷰 한 시간 잡아줘",
    "- 김민수한테 10분 늦는다고 문자 보내줘",
    "- 출장 숙박비 한도가 얼마야?",
)
_CAN = "다음과 같은 요청은 할 수 있습니다.\n" + "\n".join(_EXAMPLES)
_CANNOT = (
    (r"번역|통역|영어로|일본어로|중국어로", "번역은"),
    (
        r"(?:코드|함수|클래스|프로그램|스크립트|알고리즘)(?:를|을)?\s?(?:\S+\s)*(?:짜|작성|만들|구현|리팩)",
        "코드 작성은",
    ),
    (
        r"(?:(?<![가-힣\d])시|소설|노래|가사|글|에세이|편지|기사|초안|메일|동화|축사|인사말)(?:를|을)?\s(?:\S+\s)*(?:써"
        r"|쓰|지어|작성|만들)",
        "글쓰기는",
    ),
    (r"날씨|뉴스|주가|환율|맛집", "인터넷 정보 조회는"),
    (r"알람|타이머|깨워|리마인", "알람과 미리 알림은"),
    (r"요약", "글의 요지를 새로 쓰는 요약은"),
)


def fixed(text: str) -> Callable[[Clause], Plan]:
    """A plan that says one thing."""

    def plan(_clause: Clause) -> Plan:
        return _say(text)
        yield

    return plan


def unable(clause: Clause) -> Plan:
    """Say what cannot be done, and what can."""
    if re.search(r"삭제|지[워우]|없애|빼", clause.core):
        return _say("문자, 연락처, 문서, 파일을 지우는 일은 지원하지 않습니다. 지울 수 있는 것은 일정입니다.")
    subject = next((words for pattern, words in _CANNOT if re.search(pattern, clause.hidden)), "그 요청은")
    return _say(f"지금은 모델 없이 정해진 요청만 처리하는 오프라인 엔진이라 {subject} 할 수 없습니다.\n{_CAN}")
    yield


def dial(_clause: Clause) -> Plan:
    """Say that no call can be placed."""
    return _say("전화를 걸 수는 없습니다. 문자를 보내거나 연락처와 통화 기록을 찾을 수는 있습니다.")
    yield


def summarize_attached(attached: str) -> Done:
    """The most central sentences of a text that came along."""
    lines = central(attached, 3)
    if not lines:
        return _say("함께 온 글에 요약할 문장이 없습니다.")
    return _say("문장을 뽑아 만든 요약입니다(새로 쓴 글이 아닙니다).\n" + "\n".join(f"- {line}" for line in lines))


def _say(text: str) -> Done:
    return Done(text)


hello = fixed(f"안녕하세요. {_CAN}")
thanks = fixed("천만에요. 더 필요한 일이 있으면 말씀해 주세요.")
capabilities = fixed(f"모델 없이 일정, 문자와 통화, 문서 검색, 코드 작업을 도와드립니다. {_CAN}")
_SERVERS = {"calendar": "일정", "phone": "전화와 문자", "search": "문서 검색", "code": "코드"}


def not_offered(tool: str) -> str:
    """Say that the server of a tool is not there."""
    subject = _SERVERS.get(tool.partition("_")[0], tool)
    return f"지금은 {subject} 도구가 켜져 있지 않아 그 요청을 처리할 수 없습니다."
