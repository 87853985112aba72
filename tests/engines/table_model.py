"""Writes the GGUF of a model that is a table of what follows what: its answers are known before it is asked.

Made in a second from nothing, so that every run of the tests can put it into the real llama.cpp. An embedding has one
axis for each token of the table, the only layer adds zero, and the output weights of a token stand on the axes of the
tokens that it follows. One token is a Hangul syllable or any other byte. The chat template is `tiny_model.jinja`, which
picks where an answer begins. File format: ggml, docs/gguf.md.
"""

import struct
from array import array
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path

TEMPLATE = Path(__file__).with_name("tiny_model.jinja")
CONTEXT = 32_768
WIDTH, HEADS, INNER = 128, 2, 32
END = "<|im_end|>"
CONTROL = ("<|endoftext|>", "<|im_start|>", END)
CALL = ('\n{"name": "calendar_find_free_time", ', '"arguments": {"when": "내일"}}\n')
MARKS = (*(f"<{end}{name}>" for name in ("think", "tool_call", "tool_response", "tools") for end in ("", "/")), *CALL)
THOUGHT, ANSWER = "무엇을 할까?", "반갑습니다!"
SAYS = (("<think>", *THOUGHT, "</think>", *ANSWER, END), ("\n", "<tool_call>", *CALL, "</tool_call>", END))
DIGITS = "0123456789"
JSON = {
    '"': ('"', "}", ",", ":", "]"),
    ":": ('"', "1", "{", "[", "t"),
    "{": ('"', "}"),
    "}": ("}", "]", "\n", ","),
    "[": ("]", '"'),
    "]": ("}", ","),
    ",": ('"',),
    **dict.fromkeys(DIGITS, ("}", ",", "]")),
    "!": ("<tool_call>",),
    "\n": ("</tool_call>", ","),
    "<tool_call>": ("\n",),
}
"""Where a grammar leaves a choice: the shortest that fits."""
LIKED = 10.0
"""Far above zero, which is what everything else gets: no sampling picks anything else."""


def follows() -> dict[str, tuple[str, ...]]:
    """What comes after each token, the liked best first."""
    table = dict(JSON)
    for before, after in (pair for said in SAYS for pair in pairwise(said)):
        table[before] = (after, *table.get(before, ()))
    return table


def spelled(raw: bytes) -> str:
    """Bytes as GPT-2 writes them in a vocabulary: the unprintable ones moved behind Latin-1."""
    odd = [byte for byte in range(256) if byte not in (*range(33, 127), *range(161, 173), *range(174, 256))]
    return "".join(chr(256 + odd.index(byte)) if byte in odd else chr(byte) for byte in raw)


def vocabulary() -> tuple[list[str], list[str]]:
    """The tokens that BPE makes, and its merges: two bytes of a syllable become one, then three."""
    syllables = [chr(code).encode() for code in range(0xAC00, 0xD7A4)]
    letters = [spelled(bytes([byte])) for byte in range(256)]
    single = {byte: letters[byte] for byte in range(256)}
    heads = dict.fromkeys(syllable[:2] for syllable in syllables)
    merges = [(single[one], single[two]) for one, two in heads]
    merges += [(single[one] + single[two], single[three]) for one, two, three in syllables]
    return [*letters, *("".join(merge) for merge in merges)], [" ".join(merge) for merge in merges]


def matrix(rows: Iterable[Mapping[int, float]]) -> bytes:
    """Rows of `WIDTH` numbers, given as those that are not zero."""
    empty = bytes(4 * WIDTH)
    return b"".join(array("f", [row.get(n, 0) for n in range(WIDTH)]).tobytes() if row else empty for row in rows)


def weights(tokens: list[str]) -> Iterator[tuple[str, tuple[int, ...], bytes]]:
    """Name, shape and numbers of each tensor."""
    table = {spelled_token(before): [spelled_token(one) for one in after] for before, after in follows().items()}
    axes = {token: axis for axis, token in enumerate(table, 1)}
    liked: dict[str, dict[int, float]] = {}
    for before, after in table.items():
        for rank, token in enumerate(after):
            liked.setdefault(token, {})[axes[before]] = LIKED / (rank + 1)
    # Whatever else was said last, the answer is over.
    liked[END][0] = LIKED
    ones = array("f", [1.0] * WIDTH).tobytes()
    yield "token_embd.weight", (WIDTH, len(tokens)), matrix({axes.get(token, 0): 1.0} for token in tokens)
    yield "output.weight", (WIDTH, len(tokens)), matrix(liked.get(token, {}) for token in tokens)
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        yield f"{name}.weight", (WIDTH,), ones
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        yield f"blk.0.{name}.weight", (WIDTH, WIDTH), bytes(4 * WIDTH * WIDTH)
    for name, shape in (("ffn_gate", (WIDTH, INNER)), ("ffn_up", (WIDTH, INNER)), ("ffn_down", (INNER, WIDTH))):
        yield f"blk.0.{name}.weight", shape, bytes(4 * WIDTH * INNER)


def spelled_token(token: str) -> str:
    return token if token in (*CONTROL, *MARKS) else spelled(token.encode())


def text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def number(value: int) -> bytes:
    return struct.pack("<II", 4, value)


def real(value: float) -> bytes:
    return struct.pack("<If", 6, value)


def texts(values: list[str]) -> bytes:
    return struct.pack("<IIQ", 9, 8, len(values)) + b"".join(map(text, values))


def description(tokens: list[str], merges: list[str]) -> dict[str, bytes]:
    """The keys of the file with their values."""
    kinds = [3 if token in CONTROL else 4 if token in MARKS else 1 for token in tokens]
    return {
        "general.architecture": struct.pack("<I", 8) + text("llama"),
        "llama.context_length": number(CONTEXT),
        "llama.embedding_length": number(WIDTH),
        "llama.block_count": number(1),
        "llama.feed_forward_length": number(INNER),
        "llama.attention.head_count": number(HEADS),
        "llama.attention.layer_norm_rms_epsilon": real(1e-5),
        "tokenizer.ggml.model": struct.pack("<I", 8) + text("gpt2"),
        "tokenizer.ggml.pre": struct.pack("<I", 8) + text("qwen2"),
        "tokenizer.ggml.tokens": texts(tokens),
        "tokenizer.ggml.token_type": struct.pack(f"<IIQ{len(kinds)}i", 9, 5, len(kinds), *kinds),
        "tokenizer.ggml.merges": texts(merges),
        "tokenizer.ggml.eos_token_id": number(tokens.index(END)),
        "tokenizer.ggml.add_bos_token": struct.pack("<I?", 7, False),
        "tokenizer.chat_template": struct.pack("<I", 8) + text(TEMPLATE.read_text(encoding="utf-8")),
    }


def write(file: Path) -> None:
    spelled_tokens, merges = vocabulary()
    tokens = [*spelled_tokens, *CONTROL, *MARKS]
    known, tensors = description(tokens, merges), list(weights(tokens))
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(known))
    head += b"".join(text(key) + value for key, value in known.items())
    offset = 0
    for name, shape, numbers in tensors:
        head += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, offset)
        offset += len(numbers)
    file.write_bytes(head + bytes(-len(head) % 32) + b"".join(numbers for _, _, numbers in tensors))
