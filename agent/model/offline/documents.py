"""Questions on documents: search, quote what fits, name the source."""

import re
from typing import Any

from agent.model.offline.clause import FOLDER, PATH, Clause
from agent.model.offline.extract import central, fitting, sentences
from agent.model.offline.morphemes import content_words, morphemes
from agent.model.offline.phrasing import phrase
from agent.model.offline.plan import Done, Outcome, Plan, ask, call

_WHERE = re.compile(
    r"(?:(?:우리\s)?(?:회사|사내|색인된|내|업무|등록된)\s)?(?:문서|자료|파일)(?:들|함)?(?:\s?중)?(?:에서|에|안에서"
    r"|에는|로)(?=\s|$)|(?:문서|자료)\s?검색|(?:우리\s)?회사\s(?=\S+\s)"
)
_QUESTION = re.compile(
    r"(?:얼마|뭐|무엇|무슨|어떻게|언제|누가|누구|어디|어딨|며칠|몇(?=\s|[가-힣])|왜|어떤)\S*"
    r"|(?<=\s)(?:있|없|되|돼|됐|하|해|했|알려|찾|보여|열|읽|궁금|가능한|관련|관한|대한|대해|나와|적혀|쓰여|설명"
    r"|요약|정리|확인|검색|조회|말해)(?:[가-힣]*)(?=\s|$)"
)
_EMPTY = re.compile(
    r"거|것|곳|때|수|데|점|좀|내용|관련|부분|경우|얼마|며칠|무엇|뭐|어디|누구|언제|몇|문서|자료|검색|확인|요약|정리|설명|하|조회"
    r"|이거|그거|남|남은|나|저|내|제|우리"
)
_LEAST = 0.4
"""A sentence that fits worse is no answer."""
_SHOWN = 3
_QUOTED_SENTENCES = 2


def search_documents(clause: Clause) -> Plan:
    """Answer a question with sentences of the documents."""
    query = query_of(clause)
    while not query:
        query = query_of(Clause((yield from ask("문서에서 무엇을 찾을까요?"))))
    outcome = yield from call("search_search_documents", query=query)
    if not outcome.items:
        return Done(f"문서에서 '{query}' 내용을 찾지 못했습니다. 다른 낱말로 찾거나 문서를 먼저 색인해 주세요.")
    if re.search(r"요약|정리|간추", clause.text):
        return (yield from _summarised(outcome.items[0]))
    return answered(query, clause.text, outcome)


def read_document(clause: Clause) -> Plan:
    """Show the beginning of the document that fits best."""
    query = query_of(clause)
    while not query:
        query = query_of(Clause((yield from ask("어느 문서를 열까요?"))))
    found = yield from call("search_search_documents", query=query)
    if not found.items:
        return Done(f"'{query}' 문서를 찾지 못했습니다.")
    outcome = yield from call("search_read_document", document_id=found.items[0]["document_id"])
    text = str(outcome.value.get("text") or outcome.value.get("content") or outcome.text)
    title = outcome.value.get("title") or found.items[0].get("title", query)
    shown = "\n".join(text.splitlines()[:40])[:1500]
    rest = "\n(뒤에 더 있습니다.)" if outcome.value.get("next_offset") or len(shown) < len(text) else ""
    return Done(f"{title}\n{shown}{rest}", note=f"{title}: {' '.join(sentences(text)[:2])}")


def index(clause: Clause) -> Plan:
    """Index a folder or files."""
    paths = _paths(clause.core)
    while not paths:
        paths = _paths((yield from ask("어느 폴더나 파일을 색인할까요? 예: ~/문서")))
    outcome = yield from call("search_index_documents", paths=paths)
    return Done(f"색인을 마쳤습니다. {outcome.value.get('summary') or outcome.text}")


def list_sources(_clause: Clause) -> Plan:
    """List the indexed documents."""
    outcome = yield from call("search_list_sources")
    if not outcome.items:
        return Done("색인된 문서가 없습니다. '~/문서 폴더 색인해줘'처럼 말씀하시면 색인합니다.")
    lines = "\n".join(
        f"- {item.get('title', '')} ({item.get('path', '')})" if isinstance(item, dict) else f"- {item}"
        for item in outcome.items
    )
    return Done(f"색인된 문서는 {len(outcome.items)}건입니다.\n{lines}")


def query_of(clause: Clause) -> str:
    """The words to search for: nouns without particles, question words and politeness."""
    if clause.quotes:
        return clause.quotes[0].text
    core = _WHERE.sub(" ", clause.core)
    core = re.sub(r"\s몇\s\S+$|\s몇\s?(?:년|개월|개|번|명|살|회|건|장|원|프로|퍼센트)(?!\s?단위)\S*", "", core)
    core = re.sub(r"\s(?:이|그|저)?\s?(?:내용|부분|관련\s?내용)(?:을|를|이)?$", "", core)
    words = content_words(phrase(_QUESTION.sub(" ", f" {core} ")))
    found = " ".join(word for word in _with_time(core, words) if not _EMPTY.fullmatch(word))
    return found or " ".join(word for word in content_words(core) if not _EMPTY.fullmatch(word))


def answered(query: str, question: str, outcome: Outcome) -> Done:
    """The best sentences of the hits, each with its source."""
    named = [item for item in outcome.items if all(word in str(item.get("title", "")) for word in query.split())]
    if named and re.search(r"찾|어딨|어디\s?있", question):
        return _found(named)
    best: list[tuple[float, str, dict[str, Any]]] = []
    for rank, item in enumerate(outcome.items):
        # What the title says already tells no sentence from another.
        words = [word for word in query.split() if word not in str(item.get("title", ""))]
        fits = fitting(" ".join(words) or query, question, str(item.get("snippet", "")))
        best += [(score - rank * 0.15, text, item) for score, text in fits]
    best.sort(key=lambda entry: -entry[0])
    kept = [entry for entry in best[:_QUOTED_SENTENCES] if entry[0] >= best[0][0] * 0.75] or best[:1]
    if not kept or kept[0][0] < _LEAST:
        return _titles(outcome.items)
    lines = [f"“{text}”\n출처: {_source(item)}" for _, text, item in kept]
    if len(kept) > 1 and kept[0][2] is kept[1][2]:
        lines = [f"“{kept[0][1]}”\n“{kept[1][1]}”\n출처: {_source(kept[0][2])}"]
    note = f"{kept[0][1]} (출처: {kept[0][2].get('title', '')})"
    return Done("문서에서 찾은 내용입니다.\n" + "\n".join(lines), note=note)


def _summarised(item: dict[str, Any]) -> Plan:
    outcome = yield from call("search_read_document", document_id=item["document_id"])
    text = str(outcome.value.get("text") or item.get("snippet", ""))
    lines = "\n".join(f"- {line}" for line in central(text, 4))
    source = outcome.value.get("title") or item.get("title", "")
    return Done(f"문서에서 중요한 문장을 뽑은 요약입니다(새로 쓴 글이 아닙니다).\n{lines}\n출처: {source}", note=lines)


def _found(items: list[Any]) -> Done:
    """The documents that were asked for by name, each with how it begins."""
    lines = [f"- {item.get('title', '')} ({item.get('path', '')})" for item in items]
    begins = "\n".join(f"“{line}”" for line in central(str(items[0].get("snippet", "")), 2))
    about = "\n".join(dict.fromkeys(lines))
    return Done(f"찾은 문서입니다.\n{about}\n{begins}\n출처: {_source(items[0])}", note=lines[0].removeprefix("- "))


def _titles(items: list[Any]) -> Done:
    lines = "\n".join(f"- {_source(item)}" for item in items[:_SHOWN])
    return Done(f"질문에 바로 답하는 문장은 찾지 못했습니다. 관련 문서입니다.\n{lines}", note=lines)


def _source(item: dict[str, Any]) -> str:
    place = f" ({item['place']})" if item.get("place") else ""
    return f"{item.get('title') or item.get('path', '')}{place}"


def _with_time(core: str, words: list[str]) -> list[str]:
    """ "지난" and "다음" are no nouns, but tell a quarter from another."""
    found = re.search(r"(?<![가-힣])(지난|이번|다음)\s(?=분기|달|주|해|학기|회의)", core)
    if found and words and found.group(1) not in words:
        after = morphemes(core[found.end() :])
        at = next((place for place, word in enumerate(words) if after and word.startswith(after[0].surface)), 0)
        return [*words[:at], found.group(1), *words[at:]]
    return words


def _paths(text: str) -> list[str]:
    found = [match.group() for pattern in (FOLDER, PATH) for match in pattern.finditer(text)]
    kept = list(dict.fromkeys(found))
    if not kept and (folder := re.search(r"(\S+)\s?(?:폴더|디렉터리|디렉토리)", text)):
        kept = [folder.group(1)]
    return [path for path in kept if not any(path != other and other.endswith(path) for other in kept)]
