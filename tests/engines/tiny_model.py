"""Makes a 12 MB model that a real engine serves: it thinks, answers, calls a tool and stops, always in the same words.

Run by the python of the engine: `python tiny_model.py FOLDER`. A Qwen2 of random weights, in which the weights of the
token that is to follow another one point at that other one; nothing else it says has a meaning. Its chat template,
`tiny_model.jinja`, picks where it begins: `빈 시간` in the last message gets a tool call if tools are offered, `끝없이`
gets text without end.
"""

import sys
from itertools import chain, pairwise
from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

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
CONTEXT = 32768
WIDTH = 128


def tokenizer() -> PreTrainedTokenizerFast:
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
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        eos_token=END,
        pad_token=CONTROL[0],
        model_max_length=CONTEXT,
        chat_template=Path(__file__).with_suffix(".jinja").read_text(encoding="utf-8"),
    )


def model(words: PreTrainedTokenizerFast) -> Qwen2ForCausalLM:
    """Two layers whose own noise is small beside the embedding of the last token."""
    torch.manual_seed(1)
    config = Qwen2Config(
        vocab_size=len(words),
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=False,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
        bos_token_id=None,
    )
    made = Qwen2ForCausalLM(config)
    with torch.no_grad():
        seen = made.model.embed_tokens.weight.normal_()
        for weight, chains in ((1.0, SAYS), (0.75, CLOSES), (0.5, GOES_ON)):
            for before, after in chain.from_iterable(pairwise(words.encode(text)[0] for text in one) for one in chains):
                made.lm_head.weight[after] += weight * seen[before]
    return made


def main(folder: str) -> None:
    words = tokenizer()
    words.save_pretrained(folder)
    model(words).save_pretrained(folder)


if __name__ == "__main__":
    main(sys.argv[1])
