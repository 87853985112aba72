"""What kind of request a clause is, by a table of word patterns read from top to bottom."""

import re
from typing import NamedTuple

from agent.model.offline.clause import Clause

_MESSAGE = r"(?:문자|메시지|메세지|답장|답문|SMS|sms|카톡|톡(?=[으로을를해 \n]|$)|카카오톡)"
_LINK = r"(?:고|하고|해서|해|놓고|두고|놔|서|나서)?\s?(?:나서)?(?=\n)"
_EVENT = (
    r"(?:일정|스케줄|스케쥴|캘린더|달력|회의(?!실\s?(?:예약|이용|사용)|록)|미팅|약속|리뷰|회식|면접|세미나|발표"
    r"|점심|저녁|식사|진료|병원|치과|출장|휴가|연차"
    r"|반차|워크숍|워크샵|수업|강의|상담|예약|모임|생일|데이트|여행|운동|헬스|스탠드업|커피챗|교육|행사|결혼식"
    r"|공연|면담|인터뷰|마감|킥오프|싱크"
    r"|티타임|이벤트|레슨|검진|컨퍼런스|시험|동창회|스터디|데모|회고|파티|등산|골프|필라테스|요가|콜(?=\s|\n))"
)
_PAPER = (
    r"(?:문서|규정|지침|매뉴얼|가이드|보고서|회의록|계약서|정책|내규|절차|약관|공지|한도|기준|방법|신청|양식|조항"
    r"|제도|수칙|요령|안내서|보안|규칙|복지"
    r"|매출|제안서|명세서|사양서|사규|취업규칙|수당|식대|비용|정산)"
)
_CREATE = (
    r"(?:잡|잡아|만들|만들어|추가|추가해|넣|넣어|등록|등록해|생성|생성해|예약|예약해|적어|기록해|올려|박아|세팅해"
    r"|마련해|입력해|메모해|저장해|짜|정해|걸어)"
)
_MOVE = (
    r"(?:옮기|옮겨|미루|미뤄|당기|당겨|땡겨|앞당겨|앞당기|바꾸|바꿔|변경|변경해|늦춰|늦추|연기|연기해|조정|조정해"
    r"|이동|이동해|수정|수정해|고쳐|늘려|줄여|초대해)"
)
_CANCEL = (
    r"(?:취소|취소해|취소시켜|지우|지워|삭제|삭제해|없애|빼|날려|제거해|(?:없던|안\s?하는)\s?(?:걸로|일로|것으로)\s?(?:해"
    r"|하))"
)
_SHOW = (
    r"(?:보여|알려|확인|확인해|찾|찾아|조회해|검색해|열어|읽어|말해|불러|가져와|체크해|봐|띄워|출력해|정리해|요약해"
    r"|브리핑해)"
)
_SEND = (
    r"(?:보내|전송|전송해|발송해|문자해|문자하|연락해|전해|전달해|남겨|답장해|날려|쏴|물어|물어봐|알려|알리|말해"
    r"|얘기해|이야기해|공유해|통보해|넣어|쳐"
    r"|찍어|문자|답장|메시지|톡|톡해|카톡해|카톡)"
)


class Rule(NamedTuple):
    """A clause is of this intent if all patterns occur and none of the barred ones does."""

    intent: str
    needed: tuple[str, ...]
    barred: tuple[str, ...] = ()


_RULES = (
    Rule(
        "hello",
        (r"^(?:안녕(?:하세요|하십니까)?|하이|헬로|반가워|반갑습니다|좋은\s?아침|hi|hello|Hi|Hello)[^가-힣]*\n",),
    ),
    Rule("thanks", (r"^.{0,6}(?:고마|고맙|감사|땡큐|수고했|수고하|ㄱㅅ|thank)\S*[^가-힣]*\n",)),
    Rule(
        "help",
        (
            r"(?:뭐|뭘|무엇을?|무슨\s?일을?|어떤\s?걸?).{0,6}할\s?(?:수|줄)|도움말|사용법|너는?\s?누구|넌\s?누구"
            r"|^help\n|뭐\s?하는\s?(?:애|거|프로그램)",
        ),
    ),
    Rule(
        "read_messages",
        (rf"{_MESSAGE}.*(?:왔|온|받은|받았)(?:었?는지|던?지|나|어)?\s?(?:좀\s)?(?:{_SHOW})?\n",),
        ("(?:다|라|자|냐)[고구]",),
    ),
    Rule(
        "send",
        ("<to>", rf"{_SEND}{_LINK}"),
        (r"(?:보낸|받은|온|왔던|주고받은)\s(?:\S+\s)?문자\n", r"번호\s?(?:저장|등록)"),
    ),
    Rule("send", ("<to>", rf"{_MESSAGE}", r"보내|:|해\s?줘|부탁"), (rf"{_SHOW}\n", r"(?:보낸|받은|온|왔|주고받은)\s")),
    Rule("send", (rf"{_MESSAGE}.*(?:보내|전송해?|발송해|남겨|날려|쏴|넣어|답장해|문자해){_LINK}",), ("<from>",)),
    Rule("send", (rf"(?:다|라|자|냐)[고구]\s(?:\S+\s)?{_MESSAGE}(?:로|를|을|도)?\n",)),
    Rule("send", ("<to>", r"(?:다|라|자|냐)[고구]\s?(?:좀\s)?(?:해|하고|해서)\n")),
    Rule("send", (r"(?:다|라|자|냐)[고구]\s(?:좀\s)?(?:전해|전달해|연락해)\n",)),
    Rule(
        "summarize_call",
        (r"(?:통화|전화)(?!번호).*(?:요약|정리|내용|무슨\s?(?:얘기|말|이야기)|뭐라고|뭐래|뭐랬)",),
        (_PAPER,),
    ),
    Rule(
        "list_calls",
        (
            r"부재중|통화\s?(?:목록|기록|내역|이력|리스트)|(?:온|건|받은|놓친|못\s?받은|안\s?받은|걸려\s?온)\s?(?:전화"
            r"|통화)(?!번호)",
        ),
        (_PAPER,),
    ),
    Rule(
        "list_calls",
        (
            r"(?:전화|통화)(?!번호)[가-힣]*\s?(?:\S+\s)?(?:왔|온|했|한|있|목록|기록|내역|안\s?받|못\s?받|걸었)"
            r"|누구.*통화",
        ),
        (_PAPER, "전화하"),
    ),
    Rule("dial", (r"전화(?:를)?\s?(?:좀\s?)?(?:걸|해|하|연결|돌려)|통화\s?연결",), (_PAPER,)),
    Rule("save_contact", (r"연락처|번호|주소록|<number>", r"저장|등록|추가|넣어|적어"), (_PAPER, "인증번호")),
    Rule(
        "find_contact",
        (r"연락처|전화번호|번호|휴대폰|핸드폰|이메일|메일|폰번|전번", rf"<name>|{_SHOW}|뭐|몇\s?번|어떻게"),
        (_PAPER, r"계좌|인증|우편|송장|주문|사업자|써|쓰", _MESSAGE),
    ),
    Rule("read_messages", (_MESSAGE,), (r"코드|에러|오류|함수|커밋",)),
    Rule("read_messages", ("<from>", r"보냈|뭐래|뭐라"), (_PAPER,)),
    Rule(
        "run",
        (r"(?:테스트|유닛\s?테스트|pytest)[가-힣]*\s?(?:\S+\s){0,3}(?:돌려|돌리|실행|수행|통과|해\n|해봐)",),
        ("일정|회의", r"pytest\s\S"),
    ),
    Rule(
        "run",
        (
            r"실행|돌려|돌리|구동|run\b",
            r"<quote>|(?:^|\s)(?:python3?|pytest|pip|ls|cat|git|make|npm|npx|node|uv|ruff|mypy|bash|sh|cargo|go"
            r"|echo|pwd|grep|find|du|df|docker|wc|head|tail|tree|date|uname)(?=\s|[을를])|<path>",
        ),
        ("일정",),
    ),
    Rule("edit_file", ("<path>", r"바꿔|바꾸|바꾼|수정해|변경해|고쳐|치환해", r"<quote>|[을를]\s.*로\s")),
    Rule("write_file", ("<path>", r"<quote>|내용|:", r"써|쓰고|적어|저장해|만들|작성해|생성해")),
    Rule("search_code", ("<path>|<folder>", r"에서", r"찾|검색|어디")),
    Rule("git_status", (r"(?:어떤|무슨|어느|수정된|수정한|바뀐|변경된|고친)\s?파일",)),
    Rule(
        "git_diff",
        (r"diff|변경\s?(?:사항|내용|내역|점)|바뀐\s?(?:거|것|부분|내용|점|데)|수정한\s?(?:내용|부분|거|것)|스테이징",),
        (_EVENT, _PAPER),
    ),
    Rule(
        "git_diff",
        (r"(?:뭐|뭘|무엇|어디|어떻게)(?:를|가|이)?\s?(?:바꿨|바꿧|고쳤|수정했|변경했|바뀌었|바뀌|바뀐|달라졌)",),
        (_EVENT, _PAPER),
    ),
    Rule("git_status", (r"(?:^|\s)(?:깃|git)(?=\s|\n|[가-힣])|브랜치|커밋",), (_PAPER, _EVENT)),
    Rule("read_file", ("<path>",), (_CREATE + r"\n",)),
    Rule(
        "search_code",
        (
            r"함수|클래스|메서드|메소드|변수|상수|코드|구현|TODO|FIXME|import|정의|심볼|로직|소스|투두|에러\s?메시지",
            r"어디|어딨|찾|검색|쓰|보여|있|위치",
        ),
        (_PAPER, r"코드\s?(?:짜|작성)|짜\n|할인\s?코드|QR"),
    ),
    Rule(
        "search_code",
        (r"[A-Za-z_]\w+(?:가|이|를|을|은|는)?\s(?:어디서?|어디에서?)\s?(?:쓰|사용|호출|정의|불)",),
        (_PAPER,),
    ),
    Rule("search_code", ("<identifier>", r"어디|어딨|찾|검색|쓰|쓰이|정의|호출|보여|사용"), (_PAPER,)),
    Rule(
        "index",
        (r"(?:색인|인덱싱|인덱스)(?:을|를)?\s?(?:해|하|시켜|걸|만들|추가|생성|\n|좀)|색인에\s",),
        (r"색인(?:된|한|돼)",),
    ),
    Rule(
        "list_sources",
        (
            r"색인(?:된|한|돼|되).*(?:목록|문서|파일|뭐|자료)|(?:문서|자료)\s?(?:목록|리스트)|(?:어떤|무슨)\s?(?:문서"
            r"|자료).*있",
        ),
    ),
    Rule(
        "list_files",
        (
            r"(?:파일|폴더|디렉터리|디렉토리)(?:들)?\s?(?:목록|리스트|구조|만|다|전부|좀)|(?:폴더|디렉터리|디렉토리"
            r"|프로젝트|<folder>)[가-힣]*\s?(?:\S+\s)?(?:뭐|뭣|무엇|무슨|어떤).*(?:있|들)|파일.*(?:뭐|목록|보여"
            r"|나열|있)|(?:폴더|디렉터리|디렉토리)\s?(?:보여|열어)",
        ),
        (_PAPER, _CREATE + r"\n"),
    ),
    Rule("unable", (r"번역|통역|영어로|일본어로|중국어로",)),
    Rule(
        "unable",
        (
            r"(?:^|\s)(?:시|소설|노래|가사|글|에세이|카피|자기소개서|이메일|메일|초안|기사|편지|동화|블로그|인사말"
            r"|건배사|소감문|축사)(?:를|을)?\s?(?:\S+\s){0,2}(?:써|쓰|지어|작성|만들)",
        ),
    ),
    Rule("unable", (r"(?:코드|함수|클래스|프로그램|스크립트|알고리즘)(?:를|을)?\s?(?:\S+\s)?(?:짜|작성|만들|구현해)",)),
    Rule(
        "unable",
        (
            r"농담|날씨|뉴스|주가|환율|맛집|노래\s?틀|음악|알람|타이머|깨워|리마인|그림|그려|결제|송금|이체|주문해"
            r"|배달|택시",
        ),
        (_PAPER, "문자"),
    ),
    Rule("unable", (rf"(?:문자|메시지|연락처|번호|파일|폴더|문서|<path>).*{_CANCEL}\n",)),
    Rule(
        "free",
        (
            r"빈\s?(?:시간|때|타임|슬롯|날)|비는\s?(?:시간|때|날|데)|비어\s?있|비었|한가한?|한가해|공백|여유\s?(?:시간"
            r"|있)|만한\s?(?:시간|때|날)|시간\s?(?:언제|되는\s?때)",
        ),
        (_PAPER,),
    ),
    Rule(
        "free",
        (
            "<time>",
            r"(?:언제|몇\s?시).{0,6}(?:비|비어|되|돼|괜찮|가능|한가)|시간\s?(?:좀\s)?(?:돼|되|나\n|있|날|낼|괜찮"
            r"|비)|비어\n|비나\n|비니\n",
        ),
        (_PAPER,),
    ),
    Rule("change", ("(?:" + _EVENT + r"|<time>|<before>)", rf"{_MOVE}{_LINK}"), ("<path>",)),
    Rule(
        "change",
        (_EVENT + r"에\s", r"<name>|팀", rf"{_CREATE}{_LINK}"),
        (r"(?:일정|캘린더|달력|스케줄)에\s", "<clock>"),
    ),
    Rule("cancel", (rf"{_CANCEL}{_LINK}",), (r"코드|주문|구독|결제",)),
    Rule(
        "create", (rf"(?:{_EVENT}|<time>)", rf"{_CREATE}{_LINK}"), ("<path>", r"<folder>", r"보고서\s?만들|문서\s?만들")
    ),
    Rule("create", (r"(?:일정|캘린더|달력|스케줄)(?:에|으로|로)\s", r"추가|등록|넣|저장|기록")),
    Rule(
        "list_events",
        (
            r"(?:일정|스케줄|스케쥴|캘린더|달력|약속)[가-힣]*(?:\n|.*(?:뭐|뭣|무엇|무슨|있|어때|어떻게|궁금|몇|언제|{}))".replace(
                "{}", _SHOW
            ),
        ),
        (_PAPER,),
    ),
    Rule(
        "list_events",
        ("<time>", r"뭐\s?(?:있|하|해|더|였)|무슨\s?일|바빠|바쁘|바쁜|할\s?일|뭐지|뭐야|어떻게\s?돼|뭐\s?잡혀"),
        (_PAPER, "파일|폴더|코드", r"(?<!일정)(?<!스케줄)(?<!약속)(?<=[가-힣]{2})(?:이|가|은|는)\s(?:뭐|무엇)"),
    ),
    Rule(
        "list_events",
        (
            rf"{_EVENT}[가-힣]*\s?(?:\S+\s)?(?:언제|몇\s?시|며칠(?=에|날)|어디)(?:서|날)?(?:야|지|이야|였|더라|인가|예|이에"
            rf"|에|부터|하|해|있|열|로|이|냐|\s?끝|\s?시작|\n)",
        ),
        (_PAPER,),
    ),
    Rule(
        "list_events",
        (
            _EVENT,
            r"있(?:어|나|지|니|었|던|는지|습니까|을까|냐)|몇\s?(?:개|건)|언제\n|알려\n|보여\n",
            "<time>|<with>|다음\\s",
        ),
        (_PAPER,),
    ),
    Rule("create", ("<clock>", _EVENT + r"\n"), (_PAPER,)),
    Rule("read_document", (r"(?:열|열어|읽어|전문|펼쳐|띄워)\n", _PAPER + "|문서|자료")),
    Rule("search_documents", (rf"{_PAPER}|자료",)),
    Rule(
        "search_documents",
        (
            r"얼마|뭐|무엇|어떻게|언제|누가|누구|어디|며칠|몇|왜|어딨|어떤|무슨|되나|돼\n|되\n|인가|나요|까\n"
            r"|있어\n|있나\n|가능|찾아|찾|검색해|알려|설명해|요약해|궁금",
        ),
    ),
)
COMMANDS = frozenset(rule.intent for rule in _RULES) - {"hello", "thanks", "help"}
"""Intents that are requests; the others are talk."""


def intent_of(clause: Clause) -> str:
    """The first rule that fits, or "other"."""
    for rule in _RULES:
        if all(re.search(pattern, clause.marked) for pattern in rule.needed) and not any(
            re.search(pattern, clause.marked) for pattern in rule.barred
        ):
            return rule.intent
    return "other"
