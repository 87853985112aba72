"""Makes a 12 MB model that real engines serve: it thinks, answers, calls a tool and stops, always in the same words.

Use: `python tiny_model.py FOLDER`, with a python that has `numpy`, `safetensors` and `tokenizers`. A Qwen2 of random
weights, in which the weights of the token that is to follow another one point at that other one; nothing else it says
has a meaning. Its chat template, `tiny_model.jinja`, picks where it begins: `빈 시간` in the last message gets a tool
call if tools are offered, `끝없이` gets text without end.
"""

import json
import shutil
import sys
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

Weights = dict[str, np.ndarray[Any, np.dtype[np.float32]]]

END = "<|im_end|>"
CONTROL = ["<|endoftext|>", "<|im_start|>", END]
TAGS = [f"<{end}{name}>" for name in ("think", "tool_call", "tool_response", "tools") for end in ("", "/")]
CALL = ['\n{"name": "calendar_find_free_time", ', '"arguments": {"when": "내일"}}\n']
# The model looks at the last token alone. Where that stands in several chains, the first that a grammar allows wins.
SAYS = [
    ["<think>", *"무엇을 할까?", "</think>"],
    ["</think>", *"반갑습니다!", END],
    "끝없이끝",
    ["\n", "<tool_call>", *CALL, "</tool_call>", END],
    '"모두"',
]
CLOSES = [*(':"', '{"', '["', " {", '":', '"}', '"]', "}}", "]}", "}\n"), ["\n", "</tool_call>"], ["!", "<tool_call>"]]
GOES_ON = ['",', "},", "],", *(f"{digit}}}" for digit in range(10)), ["<tool_call>", "\n"], "\n{"]
CONTEXT, LAYERS, WIDTH, INNER, HEADS = 32768, 2, 128, 256, 2
NOISE = 0.02
"""Small beside the embedding of the last token, so that this alone decides what follows."""


def tokenizer() -> Tokenizer:
    """One token for a Hangul syllable and one for any other byte, so that the length of a text can be told by hand."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=20000, min_frequency=0, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    bpe.train_from_iterator(map(chr, range(0xAC00, 0xD7A4)), trainer)
    bpe.add_special_tokens(CONTROL)
    bpe.add_tokens([AddedToken(text, normalized=False) for text in TAGS + CALL])
    return bpe


def layer(path: str, random: np.random.Generator) -> Weights:
    shapes = {
        "self_attn.q_proj": (WIDTH, WIDTH),
        "self_attn.k_proj": (WIDTH, WIDTH),
        "self_attn.v_proj": (WIDTH, WIDTH),
        "self_attn.o_proj": (WIDTH, WIDTH),
        "mlp.gate_proj": (INNER, WIDTH),
        "mlp.up_proj": (INNER, WIDTH),
        "mlp.down_proj": (WIDTH, INNER),
    }
    noise = {f"{path}.{name}.weight": NOISE * random.standard_normal(shape) for name, shape in shapes.items()}
    biases = {f"{path}.self_attn.{name}_proj.bias": np.zeros(WIDTH) for name in "qkv"}
    norms = {f"{path}.{name}_layernorm.weight": np.ones(WIDTH) for name in ("input", "post_attention")}
    return noise | biases | norms


def weights(words: Tokenizer) -> Weights:
    random = np.random.default_rng(1)
    seen = random.standard_normal((words.get_vocab_size(), WIDTH))
    said = NOISE * random.standard_normal(seen.shape)
    for weight, chains in ((1.0, SAYS), (0.75, CLOSES), (0.5, GOES_ON)):
        for before, after in chain.from_iterable(pairwise(words.encode(text).ids[0] for text in one) for one in chains):
            said[after] += weight * seen[before]
    made = {"model.embed_tokens.weight": seen, "model.norm.weight": np.ones(WIDTH), "lm_head.weight": said}
    for number in range(LAYERS):
        made |= layer(f"model.layers.{number}", random)
    return {name: values.astype(np.float32) for name, values in made.items()}


def config(words: Tokenizer) -> dict[str, Any]:
    return {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "dtype": "float32",
        "vocab_size": words.get_vocab_size(),
        "hidden_size": WIDTH,
        "intermediate_size": INNER,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": HEADS,
        "max_position_embeddings": CONTEXT,
        "hidden_act": "silu",
        "rms_norm_eps": 1e-6,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
        "tie_word_embeddings": False,
        "eos_token_id": words.token_to_id(END),
        "pad_token_id": words.token_to_id(CONTROL[0]),
    }


def main(target: str) -> None:
    folder = Path(target)
    folder.mkdir(parents=True, exist_ok=True)
    words = tokenizer()
    words.save(str(folder / "tokenizer.json"))
    named = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": END, "pad_token": CONTROL[0]}
    for name, values in (("config", config(words)), ("tokenizer_config", named | {"model_max_length": CONTEXT})):
        (folder / f"{name}.json").write_text(json.dumps(values, indent=2), encoding="utf-8")
    shutil.copyfile(Path(__file__).with_suffix(".jinja"), folder / "chat_template.jinja")
    save_file(weights(words), folder / "model.safetensors", metadata={"format": "pt"})


if __name__ == "__main__":
    main(*sys.argv[1:])
