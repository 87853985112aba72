"""Code requests: find, show, list, edit, run, and what git says."""

import re
from typing import Any

from agent.josa import josa
from agent.model.offline.clause import FOLDER, IDENTIFIER, PATH, Clause
from agent.model.offline.morphemes import content_words
from agent.model.offline.phrasing import without_particle
from agent.model.offline.plan import Done, Outcome, Plan, Stop, ask, attempt, call, failure

_TESTS = "python -m pytest -q"
_RUN = re.compile(r"\s*(?:이?라고|명령어?|커맨드|스크립트|좀|을|를|으로|로)*\s*(?:실행|돌려|돌리|구동|run)\S*.*$")
_KINDS = {
    "파이썬": "*.py",
    "자바스크립트": "*.js",
    "타입스크립트": "*.ts",
    "마크다운": "*.md",
    "설정": "*.toml",
    "텍스트": "*.txt",
    "테스트": "test_*.py",
    "제이슨": "*.json",
}
_GLOSSARY = (
    "재고=inventory|stock 계산=calc|compute|total 주문=order 결제=pay 사용자=user 로그인=login|signin 인증=auth "
    "설정=config|setting 저장=save|store 조회=get|find|query 삭제=delete|remove 추가=add|create 가격=price "
    "할인=discount 합계=total|sum 배송=ship|deliver 상품=product|item 검색=search|find 파일=file 날짜=date "
    "시간=time 메일=mail 전송=send 연결=connect 오류=error 로그=log 데이터베이스=db|database 테스트=test "
    "고객=customer 환불=refund 장바구니=cart 세금=tax 평균=average|mean 정렬=sort 업로드=upload 다운로드=download"
)
_GLOSSES = dict(entry.split("=") for entry in _GLOSSARY.split())
"""English stems of words that code names things by; asked for only after the Korean words found nothing."""
_FILLER = re.compile(
    r"(?:함수|클래스|메서드|메소드|변수|상수|코드|구현(?:된|한)?|정의(?:된|한|돼)?|부분|로직|소스|모듈|파일|프로젝트"
    r"|어디서?|어딨\S*|어디에|있\S*|찾\S*|검색\S*|쓰\S*|쓰이\S*|사용\S*|보여\S*|호출\S*"
    r"|위치\S*|알려\S*|하는|되는|된|데|곳|거|것|좀|전체|전부|다|안|중)(?:에서|에|을|를|이|가|은|는|들|도|의)?(?=\s|$)"
)
_WORDS_SHOWN = 20


def search_code(clause: Clause) -> Plan:
    """Find lines; where Korean words find nothing, the English names they usually have are tried."""
    path, patterns = _where(clause), _patterns(clause)
    if not patterns:
        patterns = [without_particle((yield from ask("코드에서 무엇을 찾을까요?")))]
    hits: list[str] = []
    for pattern in patterns:
        if hits := _hits((yield from call("code_search_code", pattern=pattern, path=path))):
            break
    asked = patterns[0].replace(".*", " ")
    if not hits:
        return Done(f"코드에서 '{asked}' 내용을 찾지 못했습니다.")
    lines = "\n".join(f"- {hit}" for hit in hits[:_WORDS_SHOWN])
    more = f"\n(모두 {len(hits)}곳)" if len(hits) > _WORDS_SHOWN else ""
    return Done(f"'{asked}' 내용이 있는 곳입니다.\n{lines}{more}", note=hits[0])


def read_file(clause: Clause) -> Plan:
    """Show a file, wherever in the workspace it is."""
    found = PATH.search(clause.core)
    path = _file(found.group()) if found else ""
    if not path:
        path = yield from ask("어느 파일을 볼까요?")
    numbers = {
        "offset": _number(r"(\d+)\s?(?:번째\s?)?(?:줄|행|라인)\s?부터", clause.core),
        "limit": _number(r"(\d+)\s?(?:줄|행|라인)만", clause.core),
    }
    outcome = yield from attempt("code_read_file", path=path, **numbers)
    if outcome.failed and "/" not in path:
        names = (
            yield from call("code_list_files", pattern=f"{path.split('.')[0]}*" if path == "README.md" else path)
        ).items
        if len(names) != 1:
            raise Stop(
                failure(outcome)
                if not names
                else f"'{path}' 파일이 여럿입니다. 경로로 말씀해 주세요.\n" + "\n".join(f"- {name}" for name in names)
            )
        path = str(names[0])
        outcome = yield from attempt("code_read_file", path=path, **numbers)
    if outcome.failed:
        raise Stop(failure(outcome))
    text = str(outcome.value.get("text", outcome.text))
    more = "\n(뒤에 더 있습니다.)" if outcome.value.get("next_offset") else ""
    return Done(f"{path}\n```\n{text}\n```{more}", note=path)


def list_files(clause: Clause) -> Plan:
    """List files of a folder or of a kind."""
    folder = FOLDER.search(clause.core)
    pattern = next(
        (glob for word, glob in _KINDS.items() if re.search(rf"{word}\s?(?:파일|코드|소스)", clause.core)), ""
    )
    if written := re.search(r"\*?\.(\w+)\s?파일|(\*\.\w+)", clause.core):
        pattern = written.group(2) or f"*.{written.group(1)}"
    outcome = yield from call("code_list_files", path=folder.group().rstrip("/") if folder else "", pattern=pattern)
    names = [str(name) for name in outcome.items]
    if not names:
        return Done(str(outcome.value.get("note") or "맞는 파일이 없습니다."))
    more = outcome.value.get("more")
    rest = f"\n그 밖에 {more}개가 더 있습니다." if more else ""
    return Done(f"파일 {len(names)}개입니다.\n" + "\n".join(f"- {name}" for name in names) + rest)


def run(clause: Clause) -> Plan:
    """Run a command, or the tests."""
    command = _command(clause)
    while not command:
        command = (yield from ask("어떤 명령을 실행할까요?")).strip("`")
    outcome = yield from call("code_run_command", command=command)
    output = str(outcome.value.get("output", "" if outcome.value else outcome.text)).strip()
    code = outcome.value.get("exit_code")
    if outcome.value.get("timed_out"):
        head = f"`{command}` 실행이 제한 시간을 넘겨 멈췄습니다."
    elif code in (0, None):
        head = f"`{command}` 실행을 마쳤습니다."
    else:
        head = f"`{command}` 실행이 종료 코드 {josa(str(code), '으로/로')} 끝났습니다."
    shown = "\n".join(output.splitlines()[-40:])
    return Done(
        f"{head}\n```\n{shown}\n```" if shown else f"{head} 출력은 없습니다.", note=f"{head}\n{shown[-300:]}".strip()
    )


def git_status(_clause: Clause) -> Plan:
    """Say which files have changed."""
    outcome = yield from call("code_git_status")
    changes = outcome.value.get("changes", [])
    branch = outcome.value.get("branch", "")
    head = f"현재 브랜치는 {branch}입니다. " if branch else ""
    if not changes:
        return Done(f"{head}바뀐 파일이 없습니다." if outcome.value else outcome.text)
    return Done(f"{head}바뀐 파일은 {len(changes)}개입니다.\n" + "\n".join(f"- {change}" for change in changes))


def git_diff(clause: Clause) -> Plan:
    """Show what was changed."""
    path = PATH.search(clause.core)
    staged = True if re.search(r"스테이징|staged|--cached", clause.core) else None
    outcome = yield from call("code_git_diff", path=path.group() if path else "", staged=staged)
    diff = str(outcome.value.get("diff", "" if outcome.value else outcome.text)).strip()
    return Done(f"바뀐 내용입니다.\n```diff\n{diff}\n```" if diff else "바뀐 내용이 없습니다.")


def edit_file(clause: Clause) -> Plan:
    """Replace a text in a file."""
    path, old, new = _replacement(clause)
    if not old or not new:
        raise Stop("무엇을 무엇으로 바꿀지 따옴표로 알려 주세요. 예: config.py에서 'A'를 'B'로 바꿔줘")
    outcome = yield from call("code_edit_file", path=path, old_text=old, new_text=new)
    return Done(f"{path} 파일을 고쳤습니다. {_detail(outcome)}".strip(), note=f"{path} 파일을 고쳤습니다.")


def write_file(clause: Clause) -> Plan:
    """Write a text to a file."""
    found = PATH.search(clause.core)
    colon = re.search(r":\s*(?P<body>.+)$", clause.text)
    content = clause.quotes[-1].text if clause.quotes else colon.group("body") if colon else ""
    if not content:
        content = yield from ask("파일에 무엇을 적을까요?")
    path = found.group() if found else ""
    outcome = yield from call("code_write_file", path=path, content=content)
    return Done(f"{path} 파일을 적었습니다. {_detail(outcome)}".strip(), note=f"{path} 파일을 적었습니다.")


def _patterns(clause: Clause) -> list[str]:
    """What to search for, in the order to try: all words, any word, the English names they usually have."""
    if clause.quotes:
        return [re.escape(clause.quotes[0].text).replace("\\ ", " ")]
    core = PATH.sub(" ", clause.core)
    if found := IDENTIFIER.search(core):
        return [found.group().removesuffix("()")]
    if "투두" in core:
        return ["TODO"]
    if where := re.search(r"에서\s", core):
        core = core[where.end() :] if content_words(_FILLER.sub(" ", core[where.end() :])) else core[: where.start()]
    rest = _FILLER.sub(" ", core)
    if latin := re.search(r"[A-Za-z_]\w*(?:\.\w+)*", rest):
        return [latin.group()]
    words = content_words(rest)
    english = "|".join(_GLOSSES[word] for word in words if word in _GLOSSES)
    tries = (".*".join(words), "|".join(words), f"(?i:(?:def|class) \\w*(?:{english}))" if english else "")
    return list(dict.fromkeys(filter(None, tries)))


def _where(clause: Clause) -> str:
    for pattern in (PATH, FOLDER):
        found = pattern.search(clause.hidden)
        if found and re.match(r"\s?(?:파일|폴더|디렉터리|디렉토리)?\s?(?:안)?에서", clause.hidden[found.end() :]):
            return clause.core[found.start() : found.end()].rstrip("/")
    return ""


def _hits(outcome: Outcome) -> list[str]:
    return [_hit(item) for item in outcome.items]


def _hit(item: Any) -> str:
    if isinstance(item, dict):
        return f"{item.get('path', '')}:{item.get('line', '')}: {item.get('text', '')}"
    return str(item)


def _file(name: str) -> str:
    return "README.md" if name in ("README", "리드미") else name


def _number(pattern: str, text: str) -> int | None:
    found = re.search(pattern, text)
    return int(found.group(1)) if found else None


def _command(clause: Clause) -> str:
    if clause.quotes:
        return clause.quotes[0].text
    core = _RUN.sub("", clause.core)
    if re.match(
        r"(?:python3?|pytest|pip|ls|cat|git|make|npm|npx|node|uv|ruff|mypy|bash|sh|cargo|go|echo|pwd|grep|find"
        r"|du|df|docker|wc|head|tail|tree|date|uname)(?:\s|$)",
        core,
    ):
        return core.strip()
    path = PATH.search(core)
    if "테스트" in core:
        return f"{_TESTS} {path.group()}" if path else _TESTS
    if path:
        return f"python {path.group()}" if path.group().endswith(".py") else f"sh {path.group()}"
    return _TESTS if "pytest" in core else ""


def _replacement(clause: Clause) -> tuple[str, str, str]:
    found = PATH.search(clause.hidden)
    path = found.group() if found else ""
    if len(clause.quotes) >= 2:
        return path, clause.quotes[0].text, clause.quotes[1].text
    after = clause.core[found.end() :] if found else clause.core
    spoken = re.search(r"(?:에서|의|에)?\s+(?P<old>.+?)(?:을|를)\s+(?P<new>.+?)(?:으로|로)\s", after)
    return (path, spoken.group("old").strip(), spoken.group("new").strip()) if spoken else (path, "", "")


def _detail(outcome: Outcome) -> str:
    value = outcome.value
    detail = value.get("detail")
    return f"\n```diff\n{detail}\n```" if detail else str(value.get("summary", ""))
