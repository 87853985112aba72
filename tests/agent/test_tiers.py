"""Several endpoints of one model: order, health, privacy, and the audit of what leaves."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

import pytest

from agent.contract import EngineStatus
from agent.errors import ContextOverflow, ModelFailed, ModelUnavailable, UserError
from agent.model.contract import (
    AssistantMessage,
    Call,
    CallMessage,
    ChatRequest,
    Crossing,
    Delta,
    Finished,
    Remark,
    Restarted,
    Text,
    ToolMessage,
    UserMessage,
)
from agent.model.tiers import Tier, Tiered
from agent.settings import Endpoint

DONE = Finished(reason="stop")


@dataclass
class Answering:
    """A `ChatModel` that says what it was made to say, then fails if it was made to."""

    name: str
    deltas: Sequence[Delta] = (Text(text="네"), DONE)
    error: UserError | None = None
    asked: list[ChatRequest] = field(default_factory=list)
    context_tokens: int = 32_768
    recalls_reasoning: bool = False

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        self.asked.append(request)
        for delta in self.deltas:
            yield delta
        if self.error:
            raise self.error

    async def count(self, request: ChatRequest) -> int | None:
        return 7

    async def status(self) -> EngineStatus:
        return EngineStatus(engine="vllm", model=self.name, url="u", context_tokens=self.context_tokens)

    async def close(self) -> None:
        return


OWN = Endpoint(url="http://gpu/v1", place="own")
COMPANY = Endpoint(url="https://gateway/v1", name="사내 관문", place="company")
HOSTED = Endpoint(url="https://api.example/v1", place="hosted")
DEAD = ModelUnavailable("꺼져 있습니다.")
HELLO = ChatRequest(messages=(UserMessage(text="안녕"),))


def tiered(*models: Answering) -> Tiered:
    return Tiered([Tier(endpoint, model) for endpoint, model in zip((OWN, COMPANY, HOSTED), models, strict=False)])


async def heard(model: Tiered, request: ChatRequest = HELLO) -> list[Delta]:
    return [delta async for delta in model.stream(request)]


async def test_the_own_server_answers_and_nothing_leaves() -> None:
    own, company = Answering("own"), Answering("company")

    deltas = await heard(tiered(own, company))

    assert deltas == [Text(text="네"), DONE]
    assert company.asked == []


async def test_the_next_one_takes_over_and_the_crossing_is_told_before_it_happens() -> None:
    own, company = Answering("own", (), DEAD), Answering("company")
    model = tiered(own, company)

    stream = model.stream(HELLO)
    remark, crossing = await anext(stream), await anext(stream)

    assert isinstance(remark, Remark)
    assert "사내 관문으로" in remark.text
    assert isinstance(crossing, Crossing)
    assert (crossing.endpoint, crossing.place) == ("사내 관문", "company")
    assert crossing.size > 0
    assert company.asked == []
    assert [delta async for delta in stream] == [Text(text="네"), DONE]
    assert model.name == "company"


async def test_what_a_failing_server_had_said_is_void() -> None:
    own = Answering("own", (Text(text="반쯤"),), ModelFailed("끊김"))

    deltas = await heard(tiered(own, Answering("company")))

    assert [type(delta) for delta in deltas] == [Text, Remark, Restarted, Crossing, Text, Finished]


async def test_a_request_too_long_is_not_tried_elsewhere() -> None:
    company = Answering("company")

    with pytest.raises(ContextOverflow):
        await heard(tiered(Answering("own", (), ContextOverflow("길다")), company))

    assert company.asked == []


async def test_a_private_request_never_leaves_the_first_endpoint() -> None:
    company = Answering("company")
    model = tiered(Answering("own", (), DEAD), company)

    with pytest.raises(ModelUnavailable, match="비공개"):
        await heard(model, HELLO.model_copy(update={"private": True}))

    assert company.asked == []


async def test_a_server_that_keeps_failing_is_left_alone_for_a_while_but_not_if_it_is_the_last() -> None:
    own, company = Answering("own", (), DEAD), Answering("company")
    model = tiered(own, company)

    for _ in range(5):
        await heard(model)

    assert len(own.asked) == 2
    company.error, company.deltas = DEAD, ()
    for _ in range(3):
        with pytest.raises(ModelUnavailable):
            await heard(model)
    assert len(own.asked) >= 3


async def test_personal_data_is_masked_on_its_way_out_and_put_back_on_its_way_in() -> None:
    talk = ChatRequest(
        messages=(
            UserMessage(text="010-1234-5678 로 문자 보내 줘", attached="주민등록번호 930906 - 2922816"),
            AssistantMessage(calls=(CallMessage(id="c", name="send", arguments={"to": ["010-1234-5678"]}),)),
            ToolMessage(call_id="c", tool="send", text='{"to":"010-1234-5678"}'),
        )
    )
    answer = (Text(text="[전화번호"), Text(text="#1] 로 "), Text(text="보냈습니다"))
    call = Call(name="send", arguments={"to": "[전화번호#1]", "list": ["[전화번호#1]"]})
    company = Answering("company", (*answer, call, DONE))

    deltas = await heard(tiered(Answering("own", (), DEAD), company), talk)

    left = company.asked[0].model_dump_json()
    assert "1234-5678" not in left
    assert "2922816" not in left
    assert left.count("[전화번호#1]") == 3
    assert "".join(delta.text for delta in deltas if isinstance(delta, Text)) == "010-1234-5678 로 보냈습니다"
    [made] = [delta for delta in deltas if isinstance(delta, Call)]
    assert made.arguments == {"to": "010-1234-5678", "list": ["010-1234-5678"]}
    [crossing] = [delta for delta in deltas if isinstance(delta, Crossing)]
    assert crossing.masked == {"전화번호": 1, "주민등록번호": 1}


async def test_placeholders_stay_the_same_while_the_conversation_grows() -> None:
    company = Answering("company")
    model = tiered(Answering("own", (), DEAD), company)
    first = (UserMessage(text="a@b.kr, 010-1234-5678"), AssistantMessage(text="네"))

    await heard(model, ChatRequest(messages=first))
    await heard(model, ChatRequest(messages=(*first, UserMessage(text="010-9999-8888, a@b.kr"))))

    before, after = (request.messages for request in company.asked)
    assert after[:2] == before
    assert isinstance(after[2], UserMessage)
    assert after[2].text == "[전화번호#2], [이메일#1]"


async def test_a_gateway_that_needs_no_masking_gets_the_text_as_it_is() -> None:
    company = Answering("company")
    trusted = COMPANY.model_copy(update={"mask": False})
    model = Tiered([Tier(OWN, Answering("own", (), DEAD)), Tier(trusted, company)])

    await heard(model, ChatRequest(messages=(UserMessage(text="010-1234-5678"),)))

    assert company.asked[0].messages == (UserMessage(text="010-1234-5678"),)
