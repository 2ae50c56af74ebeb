"""Makes a tiny random model of every architecture, as a Hugging Face folder and (where llama.cpp has it) as GGUF,
with the logits that transformers computes in FP32. Usage: make.py OUTPUT_FOLDER   (see HOW-MADE.md)"""
import json, os, shutil, sys
import numpy as np, torch, gguf
from transformers import (AutoModelForCausalLM, Gemma2Config, Gemma3TextConfig, GPT2Config, GPTNeoXConfig, LlamaConfig,
                          MistralConfig, Phi3Config, Qwen2Config, Qwen3Config)

V, TOKENS = 96, 40
base = dict(vocab_size=V, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, max_position_embeddings=64, bos_token_id=1, eos_token_id=2, pad_token_id=0)


def rope(kind, theta=10000.0, **more):
    return dict(rope_parameters=dict(rope_type=kind, rope_theta=theta, **more))


models = {
    "llama": LlamaConfig(**base, **rope("default", 500.0), rms_norm_eps=1e-5, tie_word_embeddings=False),
    "llama-tied-bias": LlamaConfig(**base, tie_word_embeddings=True, attention_bias=True, mlp_bias=True),
    "llama31": LlamaConfig(**base, **rope("llama3", 10000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                                          original_max_position_embeddings=16)),
    "linear": LlamaConfig(**base, **rope("linear", factor=4.0)),
    "yarn": LlamaConfig(**base, **rope("yarn", factor=4.0, original_max_position_embeddings=16)),
    "mistral": MistralConfig(**base, sliding_window=7, head_dim=8),
    "qwen2": Qwen2Config(**base, rms_norm_eps=1e-6),
    "qwen3": Qwen3Config(**base, head_dim=16, rms_norm_eps=1e-6),
    "gemma2": Gemma2Config(**base, head_dim=16, sliding_window=7, query_pre_attn_scalar=16,
                           attn_logit_softcapping=5.0, final_logit_softcapping=3.0),
    "gemma3": Gemma3TextConfig(**{**base, "num_hidden_layers": 7, "hidden_size": 24, "intermediate_size": 24},
                               head_dim=8, sliding_window=7, query_pre_attn_scalar=8),
    "gpt2": GPT2Config(vocab_size=V, n_embd=32, n_layer=2, n_head=4, n_positions=64, bos_token_id=1, eos_token_id=2),
    "gptneox": GPTNeoXConfig(**{k: v for k, v in base.items() if k != "num_key_value_heads"}, rotary_pct=0.5),
    "gptneox-sequential": GPTNeoXConfig(**{k: v for k, v in base.items() if k != "num_key_value_heads"}, rotary_pct=0.25,
                                        use_parallel_residual=False),
    "phi3": Phi3Config(**base, sliding_window=9),
    "phi3-longrope": Phi3Config(**{**base, "max_position_embeddings": 256}, original_max_position_embeddings=64,
                                rope_parameters=dict(rope_type="longrope", rope_theta=10000.0,
                                                     short_factor=[1.0, 1.1, 1.3, 1.7],
                                                     long_factor=[1.0, 2.0, 3.0, 4.0],
                                                     original_max_position_embeddings=64)),
}


def randomize(model, seed):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            scale = 0.3 if p.dim() > 1 else 0.2
            noise = torch.randn(p.shape, generator=generator) * scale
            p.copy_(noise + (1 if p.dim() == 1 and "norm" in name and name.endswith("weight") and p.mean() > 0.5 else 0))


# --- GGUF, by the rules of llama.cpp's convert_hf_to_gguf.py -------------------------------------------------------

def permute(w, heads):
    return w.reshape(heads, 2, w.shape[0] // heads // 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def write_gguf(name, config, tensors, path):
    arch = {"mistral": "llama", "gemma3_text": "gemma3", "gpt_neox": "gptneox"}.get(config.model_type, config.model_type)
    model_arch = next(k for k, v in gguf.MODEL_ARCH_NAMES.items() if v == arch)
    layers = config.num_hidden_layers
    names = gguf.get_tensor_name_map(model_arch, layers)
    w = gguf.GGUFWriter(path, arch)
    w.add_name(name)
    w.add_context_length(config.max_position_embeddings)
    w.add_embedding_length(config.hidden_size)
    w.add_block_count(layers)
    w.add_head_count(config.num_attention_heads)
    rp = getattr(config, "rope_parameters", None) or {}
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    if arch == "gpt2":
        w.add_feed_forward_length(4 * config.n_embd)
        w.add_layer_norm_eps(config.layer_norm_epsilon)
    elif arch == "gptneox":
        w.add_feed_forward_length(config.intermediate_size)
        w.add_layer_norm_eps(config.layer_norm_eps)
        w.add_rope_dimension_count(int(rp["partial_rotary_factor"] * head))
        w.add_parallel_residual(config.use_parallel_residual)
    else:
        w.add_feed_forward_length(config.intermediate_size)
        w.add_head_count_kv(config.num_key_value_heads)
        w.add_layer_norm_rms_eps(config.rms_norm_eps)
        w.add_key_length(head)
        w.add_value_length(head)
        full = rp.get("full_attention", rp)
        w.add_rope_freq_base(full.get("rope_theta", 10000.0))
        w.add_rope_dimension_count(head)
        if full.get("rope_type") == "linear":
            w.add_rope_scaling_type(gguf.RopeScalingType.LINEAR); w.add_rope_scaling_factor(full["factor"])
        if full.get("rope_type") == "yarn":
            w.add_rope_scaling_type(gguf.RopeScalingType.YARN); w.add_rope_scaling_factor(full["factor"])
            w.add_rope_scaling_orig_ctx_len(full["original_max_position_embeddings"])
        if full.get("rope_type") == "longrope":
            w.add_rope_scaling_orig_ctx_len(full["original_max_position_embeddings"])
            factor = config.max_position_embeddings / full["original_max_position_embeddings"]
            w.add_rope_scaling_attn_factors(float(np.sqrt(1 + np.log(factor) / np.log(full["original_max_position_embeddings"]))))
            w.add_tensor("rope_factors_short.weight", np.array(full["short_factor"], np.float32))
            w.add_tensor("rope_factors_long.weight", np.array(full["long_factor"], np.float32))
        if full.get("rope_type") == "llama3":
            freqs = 1.0 / (full["rope_theta"] ** (np.arange(0, head, 2, dtype=np.float32) / head))
            low, high = full["low_freq_factor"], full["high_freq_factor"]
            old, out = full["original_max_position_embeddings"], []
            for f in freqs:
                length = 2 * np.pi / f
                if length < old / high: out.append(1)
                elif length > old / low: out.append(full["factor"])
                else:
                    smooth = (old / length - low) / (high - low)
                    out.append(1 / ((1 - smooth) / full["factor"] + smooth))
            w.add_tensor("rope_freqs.weight", np.array(out, np.float32))
        if getattr(config, "sliding_window", None) and name != "llama":
            w.add_sliding_window(config.sliding_window)
        if arch == "gemma2":
            w.add_attn_logit_softcapping(config.attn_logit_softcapping)
            w.add_final_logit_softcapping(config.final_logit_softcapping)
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("gpt-2")
    w.add_token_list([f"t{i}" for i in range(V)])
    w.add_token_merges([])
    h = config.num_attention_heads
    for key, value in tensors.items():
        x = value.float().numpy()
        if key.endswith((".attn.bias", ".attn.masked_bias", ".attention.bias", ".rotary_emb.inv_freq")): continue
        if arch == "llama" and ".q_proj." in key: x = permute(x, h)
        if arch == "llama" and ".k_proj." in key: x = permute(x, config.num_key_value_heads)
        if arch == "gpt2" and key.endswith((".c_attn.weight", ".c_proj.weight", ".c_fc.weight")): x = x.T
        if arch == "gptneox" and ".query_key_value." in key:
            parts = x.reshape(h, 3, head, *x.shape[1:])
            x = np.concatenate([parts[:, i].reshape(h * head, *x.shape[1:]) for i in range(3)])
        if arch.startswith("gemma") and key.endswith("norm.weight"): x = x + 1
        w.add_tensor(names.get_name(key, try_suffixes=(".weight", ".bias")), np.ascontiguousarray(x))
    w.write_header_to_file(); w.write_kv_data_to_file(); w.write_tensors_to_file(); w.close()


def main(out):
    tokens = [(i * 37 + i * i * 5) % V for i in range(TOKENS)]
    for seed, (name, config) in enumerate(models.items()):
        config._attn_implementation = "eager"
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
        randomize(model, seed)
        folder = f"{out}/{name}"
        shutil.rmtree(folder, ignore_errors=True)
        model.save_pretrained(folder)
        if os.path.exists(f"{folder}/generation_config.json"): os.remove(f"{folder}/generation_config.json")
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
        with torch.no_grad():
            logits = model(torch.tensor([tokens])).logits[0].numpy()
        logits.astype("<f4").tofile(f"{folder}/logits.bin")
        json.dump(tokens, open(f"{folder}/tokens.json", "w"))
        write_gguf(name, model.config, model.state_dict() if not getattr(model.config, "tie_word_embeddings", False) else
                   {k: v for k, v in model.state_dict().items() if k != "lm_head.weight"}, f"{folder}/model.gguf")
        print(name, float(np.abs(logits).max()), sum(os.path.getsize(f"{folder}/{f}") for f in os.listdir(folder)))


main(sys.argv[1])
