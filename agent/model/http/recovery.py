"""What is done about a failed attempt: how often, after how long, with what changed, and when to give up."""

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn

from agent.errors import ModelFailed, ModelUnavailable, UserError
from agent.model.http.faults import Fault, Trouble

Json = dict[str, Any]


@dataclass(frozen=True)
class Patience:
    """How long a server is waited for."""

    silence: float = 120
    """Seconds before the first sign of an answer, and between its pieces on the last try."""
    stall: float = 30
    """Seconds between its pieces on the first try: most servers that fall silent in an answer are gone."""
    loading: float = 300
    """Seconds in all while a server says that it is loading its weights."""
    longest_wait: float = 60
    """Seconds of `Retry-After` that are waited; a longer one is told to the user."""
    tries: int = 9
    """Of one trouble, beyond the first; few where another endpoint can take over."""


@dataclass(frozen=True)
class Again:
    """Try once more."""

    delay: float = 0
    remark: str = ""
    without_thinking: bool = False
    fields: Json = field(default_factory=dict)
    """Laid over the options of the request."""
    look_again: bool = False
    """The server was still starting when it was looked at."""


_DELAYS: dict[Trouble, tuple[float, ...]] = {
    "unreachable": (0.25, 0.5, 1, 2, 4),
    "busy": (0.5, 1, 2, 4, 8),
    # Some servers close a connection that they promised to keep.
    "stale": (0, 0.2, 1, 2),
    "cut": (0.2, 1, 2),
    "silent": (0,),
    "said": (0.5, 1, 2),
    "empty": (0, 0.5),
    "page": (0.5,),
    "looping": (0,),
    "thinking": (0,),
}
_REMARKS: dict[Trouble, str] = {
    "unreachable": "모델 서버와 연결이 되지 않아 다시 시도합니다.",
    "busy": "모델 서버가 바빠 잠시 뒤에 다시 시도합니다.",
    "cut": "모델 서버의 답이 끊겨 다시 받습니다.",
    "silent": "모델 서버가 조용해져 다시 묻습니다.",
    "said": "모델 서버가 답하다가 오류를 알려 다시 묻습니다.",
    "looping": "모델이 같은 말을 되풀이해 다시 묻습니다.",
    "thinking": "생각 한도를 다 써서 바로 답하게 합니다.",
}
_UNLIKE = {"presence_penalty": 1.0, "temperature": 0.8}
"""Makes a model that repeats itself leave its track."""


class Recovery:
    """One for each reply that is asked for."""

    def __init__(self, patience: Patience, address: str) -> None:
        self._patience = patience
        self._address = address
        self._tries: Counter[Trouble] = Counter()
        self._loading_since: float | None = None

    @property
    def stall(self) -> float:
        """Seconds of silence inside the answer that are borne now."""
        once_bitten = self._tries["silent"] > 0
        return self._patience.silence if once_bitten else min(self._patience.stall, self._patience.silence)

    def after(self, fault: Fault) -> Again:
        """What to do next.

        Raises:
            UserError: nothing more is to be done; the message says so in Korean.
        """
        match fault.trouble:
            case "fatal":
                _give_up(fault, self._address)
            case "loading":
                return self._while_loading(fault)
        done, delays = self._tries[fault.trouble], _DELAYS[fault.trouble][: self._patience.tries]
        if done >= len(delays):
            _give_up(fault, self._address)
        self._tries[fault.trouble] += 1
        return Again(
            delay=self._delay(fault, delays[done]),
            remark="" if done else _REMARKS.get(fault.trouble, ""),
            without_thinking=fault.trouble == "thinking" or (fault.trouble == "empty" and done > 0),
            fields=_UNLIKE if fault.trouble == "looping" else {},
        )

    def _delay(self, fault: Fault, usual: float) -> float:
        if fault.retry_after is None:
            # Many clients of one server must not come back together.
            return usual * random.uniform(1, 1.25)  # noqa: S311
        if fault.retry_after > self._patience.longest_wait:
            raise ModelFailed(
                f"모델 서버가 {fault.retry_after:.0f}초 뒤에 다시 오라고 합니다.", hint="그 뒤에 다시 시도하세요."
            )
        return fault.retry_after

    def _while_loading(self, fault: Fault) -> Again:
        now = time.monotonic()
        first = self._loading_since is None
        self._loading_since = now if self._loading_since is None else self._loading_since
        waited = now - self._loading_since
        if waited > self._patience.loading:
            _give_up(fault, self._address)
        remark = "모델 서버가 모델을 올리는 중입니다. 준비되면 이어서 합니다." if first else ""
        return Again(delay=fault.retry_after or min(5.0, 0.5 + waited / 10), remark=remark, look_again=True)


def _give_up(fault: Fault, address: str) -> NoReturn:
    raise _final(fault, address)


def _final(fault: Fault, address: str) -> UserError:
    message, hint = _LAST_WORDS[fault.trouble]
    kind = ModelUnavailable if fault.trouble == "unreachable" else ModelFailed
    status = f" ({fault.status})" if fault.status else ""
    return kind(message.format(address=address, said=fault.said, status=status), hint=fault.hint or hint)


_Last = dict[Trouble | Literal["loading", "fatal"], tuple[str, str]]
_LAST_WORDS: _Last = {
    "unreachable": (
        "모델 서버({address})와 연결이 되지 않습니다.",
        "서버가 켜져 있는지 확인하거나 --model offline 으로 내장 엔진을 쓰세요.",
    ),
    "busy": (
        "모델 서버가 오류를 돌려주었습니다{status}: {said}",
        "잠시 뒤에 다시 시도하거나 서버의 로그를 확인하세요.",
    ),
    "loading": ("모델 서버가 아직 모델을 올리는 중입니다.", "준비된 뒤에 다시 시도하세요. 서버의 로그를 확인하세요."),
    "cut": (
        "모델 서버의 답이 끝나기 전에 끊기거나 깨졌습니다: {said}",
        "다시 시도하세요. 되풀이되면 서버의 로그를 확인하세요.",
    ),
    "stale": ("모델 서버({address})가 답하지 않고 연결을 끊습니다.", "서버의 로그를 확인하세요."),
    "silent": (
        "모델 서버({address})가 제때 답하지 않았습니다.",
        "서버가 바쁜지 확인하거나 model_timeout 설정을 늘리세요.",
    ),
    "said": ("모델 서버가 답하다가 오류를 알렸습니다{status}: {said}", "서버의 로그를 확인하세요."),
    "empty": ("모델이 빈 답을 돌려주었습니다.", "다시 시도하거나 다른 모델을 고르세요."),
    "page": (
        "모델 서버({address})가 아니라 웹 페이지가 답했습니다: {said}",
        "주소 끝이 /v1 인지, 앞에 로그인 화면이나 프록시가 있는지 확인하세요.",
    ),
    "looping": ("모델이 같은 말을 되풀이해 멈췄습니다.", "요청을 바꾸어 다시 하거나 다른 모델을 고르세요."),
    "thinking": ("모델이 생각을 끝내지 않습니다.", "--thinking off 로 다시 하세요."),
    "fatal": ("모델 서버가 오류를 돌려주었습니다{status}: {said}", "서버의 로그를 확인하세요."),
}
