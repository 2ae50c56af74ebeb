"""Asks llama.cpp for the tokens of texts with special tokens; see HOW-MADE.md."""
import json, sys, urllib.request
import numpy as np
import xllamacpp
from gguf import GGUFReader, GGUFWriter
import tempfile
import os

MODEL = os.path.join(tempfile.mkdtemp(), "model.gguf")

def vocabulary(path):
    fields = GGUFReader(path).fields
    get = lambda key: fields[f"tokenizer.ggml.{key}"].contents() if f"tokenizer.ggml.{key}" in fields else None
    return {k: get(k) for k in ("model", "tokens", "token_type", "scores", "merges")}

def write(path, v, pre, weights):
    w = GGUFWriter(path, "llama")
    w.add_tokenizer_model(v["model"]); w.add_tokenizer_pre(pre)
    w.add_token_list(v["tokens"]); w.add_token_types(v["token_type"])
    if v["scores"]: w.add_token_scores(v["scores"])
    if v["merges"]: w.add_token_merges(v["merges"])
    w.add_bos_token_id(v["bos"]); w.add_eos_token_id(v["eos"]); w.add_add_bos_token(v["model"] == "llama")
    if weights:  # the smallest model that llama.cpp loads
        n, d, rng = len(v["tokens"]), 32, np.random.default_rng(0)
        w.add_context_length(4096); w.add_embedding_length(d); w.add_block_count(1); w.add_feed_forward_length(32)
        w.add_head_count(1); w.add_layer_norm_rms_eps(1e-5); w.add_rope_dimension_count(d); w.add_vocab_size(n)
        shapes = {"token_embd.weight": (n, d), "output_norm.weight": (d,), "blk.0.attn_norm.weight": (d,), "blk.0.ffn_norm.weight": (d,)}
        shapes |= {f"blk.0.{k}.weight": (32, 32) for k in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")}
        for name, shape in shapes.items(): w.add_tensor(name, rng.standard_normal(shape).astype(np.float32))
    w.write_header_to_file(); w.write_kv_data_to_file(); w.write_tensors_to_file(); w.close()

def serve(path):
    p = xllamacpp.CommonParams()
    p.model.path = path; p.n_ctx = 512; p.warmup = False; p.n_parallel = 1
    return xllamacpp.Server(p)

def ask(server, route, body):
    request = urllib.request.Request(server.listening_address + route, json.dumps(body).encode(), {"Content-Type": "application/json"})
    return json.loads(urllib.request.urlopen(request).read())

def specials(v):
    for text, kind in [("<|im_start|>", 3), ("<|im_end|>", 3), ("<tool>", 4), ("<tool>x", 4), ("   ", 4), ("<|im_end|>\n", 4), ("oolong", 4)]:
        v["tokens"].append(text); v["token_type"].append(kind)
        if v["scores"]: v["scores"].append(0.0)
    v["bos"] = v["tokens"].index("<|im_start|>"); v["eos"] = v["tokens"].index("<|im_end|>")
    return v

texts = [
    "", "plain text", "<|im_start|>user\nHello<|im_end|>", "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n", "<tool>x<tool> x<tool>",
    "a   b", "a    b", "      c", "<|im_end|><|im_end|>", "x<|im_end|> y", " <|im_start|> ", "<|im_start", "<tool><|im_end|>\n   oolong", "<toolong>", "é<|im_end|>日本",
    "<<|im_end|>>", "oooolong", "Say <|im_end|>x123",
]
with open("specials.jsonl", "w") as out:
    for file, pre in [("bytes", "smollm"), ("bytes", "llama-bpe"), ("sentencepiece", "default")]:
        v = vocabulary(f"{file}.vocabulary")
        if file == "sentencepiece": v["tokens"][3:5] = ["<unused0>", "<unused1>"]; v["token_type"][3:5] = [5, 5]
        v = specials(v)
        write(MODEL, v, pre, True)
        write(f"specials-{file}.vocabulary", v, "smollm" if file == "bytes" else pre, False)
        server = serve(MODEL)
        for text in texts:
            for parse in (True, False):
                for add in (True, False):
                    ids = ask(server, "/tokenize", {"content": text, "parse_special": parse, "add_special": add})["tokens"]
                    out.write(json.dumps({"vocabulary": file, "pre": pre, "text": text, "parse_special": parse, "add_special": add, "ids": ids}) + "\n")
        del server

# Not kept: the other goldens, as a check.
if "--check" in sys.argv:
    for name in ["gpt-2", "smollm", "llama-bpe", "smaug-bpe", "qwen2", "default", "falcon", "sentencepiece"]:
        v = vocabulary("sentencepiece.vocabulary" if name == "sentencepiece" else "bytes.vocabulary")
        v["bos"] = 1; v["eos"] = 2
        write(MODEL, v, "default" if name == "sentencepiece" else name, True)
        server = serve(MODEL)
        rows = [json.loads(line) for line in open("sentencepiece.jsonl" if name == "sentencepiece" else "pre-tokenizers.jsonl")]
        rows = [r for r in rows if r.get("pre", name) == name]
        wrong = []
        for r in rows:
            ids = ask(server, "/tokenize", {"content": r["text"], "parse_special": False, "add_special": False})["tokens"]
            if ids != r["ids"]: wrong.append(r["text"])
        print(name, len(rows), "rows,", len(wrong), "differ:", wrong[:8])
        del server
