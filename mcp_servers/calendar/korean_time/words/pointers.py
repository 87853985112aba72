"""지난, 이번, 다음 and the like before what comes back, and 앞으로, 최근 before a length."""

from mcp_servers.calendar.korean_time.words.token import Invalid, Pointer, Same, rule, words

RULES = (
    words({
        "이_시각|같은_시각|이_시간|같은_시간": Same("minute"),
        "이맘때|이맘때쯤|이_무렵": Same("day"),
        "지난번|지난|저번|최근": Pointer("last"),
        "이번": Pointer("this"),
        "다음번|다음|담번": Pointer("next"),
        "다가오는|오는|돌아오는": Pointer("coming"),
        "앞으로|향후": Pointer("ahead"),
        "과거": Pointer("back"),
        "그_다음|그": Pointer("then"),
        # What they are counted from was said elsewhere.
        "그_다음_주|그_다음_달|그_다음_해|그_전_주": Invalid(),
    }),
    rule("올", r"올(?=\s?(?:여름|겨울|가을|봄))", Pointer("this"), whole=False),
)  # fmt: skip
