"""Puts the model that `tiny_model.py` made into the file format of llama.cpp.

Use: `python tiny_gguf.py FOLDER_OF_THE_MODEL FILE.gguf`, with a python that has `gguf` and `safetensors`.
"""

import json
import sys
from pathlib import Path
from typing import Any

import gguf
from safetensors.numpy import load_file

LAYER = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
WHOLE = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}


def renamed(name: str) -> str:
    """`model.layers.0.mlp.up_proj.weight` is `blk.0.ffn_up.weight` there."""
    path, _, kind = name.rpartition(".")
    if path in WHOLE:
        return f"{WHOLE[path]}.{kind}"
    number, _, part = path.removeprefix("model.layers.").partition(".")
    return f"blk.{number}.{LAYER[part]}.{kind}"


def write_shape(writer: gguf.GGUFWriter, config: dict[str, Any]) -> None:
    writer.add_name("tiny")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])


def write_tokenizer(writer: gguf.GGUFWriter, folder: Path, config: dict[str, Any]) -> None:
    words = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    added = {one["content"]: one for one in words["added_tokens"]}
    numbers = words["model"]["vocab"] | {text: one["id"] for text, one in added.items()}
    tokens = sorted(numbers, key=lambda text: numbers[text])
    kinds = {True: gguf.TokenType.CONTROL, False: gguf.TokenType.USER_DEFINED}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(
        [kinds[added[text]["special"]] if text in added else gguf.TokenType.NORMAL for text in tokens]
    )
    writer.add_token_merges([" ".join(pair) for pair in words["model"]["merges"]])
    writer.add_eos_token_id(config["eos_token_id"])
    writer.add_pad_token_id(config["pad_token_id"])
    writer.add_add_bos_token(value=False)
    writer.add_chat_template((folder / "chat_template.jinja").read_text(encoding="utf-8"))


def main(source: str, target: str) -> None:
    folder = Path(source)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    writer = gguf.GGUFWriter(target, "qwen2")
    write_shape(writer, config)
    write_tokenizer(writer, folder, config)
    for name, weights in load_file(folder / "model.safetensors").items():
        writer.add_tensor(renamed(name), weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
