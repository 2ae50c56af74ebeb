"""Packs the linear layers of ../Architectures/llama as GPTQ, AWQ, compressed-tensors and bitsandbytes checkpoints by their
public packing rules, and writes the logits that transformers computes with the weights dequantized by NumPy from the real
numbers that went into the packing (never from the packed words). Usage, in this folder: make.py   (see HOW-MADE.md)"""
import json, os, shutil
import numpy as np, torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

SOURCE, GROUP = "../Architectures/llama", 16
rng = np.random.default_rng(3)
state = load_file(f"{SOURCE}/model.safetensors")
config = json.load(open(f"{SOURCE}/config.json"))
tokens = json.load(open(f"{SOURCE}/tokens.json"))
linears = [k[:-7] for k in state if k.endswith("_proj.weight")]


def pack(values, bits, axis):
    """n unsigned fields to an int32 word along an axis, the first in the lowest bits."""
    values = np.moveaxis(values.astype(np.uint64), axis, -1)
    n = 32 // bits
    words = sum(values[..., i::n] << np.uint64(bits * i) for i in range(n))
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(words.astype(np.uint32).view(np.int32), -1, axis)))


def asymmetric(w, bits, groups):
    """Integers, scales and zeros of each row's groups (groups: the group of each column)."""
    q, scales, zeros = np.zeros_like(w), [], []
    for g in range(groups.max() + 1):
        part = w[:, groups == g]
        low, high = np.minimum(part.min(1), 0), np.maximum(part.max(1), 0)
        s = ((high - low) / (2 ** bits - 1)).astype(np.float16).astype(np.float32)
        z = np.clip(np.round(-low / s), 1, 2 ** bits - 1)
        q[:, groups == g] = np.clip(np.round(part / s[:, None]) + z[:, None], 0, 2 ** bits - 1)
        scales.append(s); zeros.append(z)
    return q, np.stack(scales), np.stack(zeros)  # scales and zeros: [groups, out]


def dequantized(q, s, z, groups): return (q - z[groups].T) * s[groups].T


def gptq(bits, act_order, second):
    def make(w):
        groups = np.arange(w.shape[1]) // GROUP
        if act_order: groups = rng.permutation(groups)
        q, s, z = asymmetric(w, bits, groups)
        stored = z if second else z - 1
        return {".qweight": pack(q.T, bits, 0), ".qzeros": pack(stored, bits, 1), ".scales": torch.from_numpy(s).half(),
                ".g_idx": torch.from_numpy(groups.astype(np.int32))}, dequantized(q, s, z, groups)
    return make, dict(quant_method="gptq", bits=bits, group_size=GROUP, desc_act=act_order, sym=False,
                      **(dict(checkpoint_format="gptq_v2") if second else {}))


def awq():
    order = [0, 2, 4, 6, 1, 3, 5, 7]
    def shuffled(x): return x.reshape(x.shape[0], -1, 8)[:, :, order].reshape(x.shape)
    def make(w):
        groups = np.arange(w.shape[1]) // GROUP
        q, s, z = asymmetric(w, 4, groups)
        return {".qweight": pack(shuffled(q.T), 4, 1), ".qzeros": pack(shuffled(z), 4, 1),
                ".scales": torch.from_numpy(s).half()}, dequantized(q, s, z, groups)
    return make, dict(quant_method="awq", bits=4, group_size=GROUP, version="gemm", zero_point=True)


def w4a16(symmetric):
    def make(w):
        groups = np.arange(w.shape[1]) // GROUP
        if symmetric:
            s = np.stack([np.abs(w[:, groups == g]).max(1) / 7 for g in range(groups.max() + 1)]).astype(np.float32)
            s = torch.from_numpy(s).bfloat16().float().numpy()
            q, z = np.clip(np.round(w / s[groups].T), -8, 7), np.zeros_like(s)
        else:
            q, s, z = asymmetric(w, 4, groups)
            q, z = q - 8, z - 8
        parts = {".weight_packed": pack(q + 8, 4, 1), ".weight_scale": torch.from_numpy(np.ascontiguousarray(s.T)),
                 ".weight_shape": torch.tensor(w.shape)}
        if not symmetric: parts[".weight_zero_point"] = pack((z + 8).T, 4, 0)
        return parts, dequantized(q, s, z, groups)
    return make, dict(quant_method="compressed-tensors", format="pack-quantized", config_groups=dict(
        group_0=dict(weights=dict(num_bits=4, type="int", strategy="group", group_size=GROUP, symmetric=symmetric))))


def w8a8():
    def make(w):
        s = torch.from_numpy(np.abs(w).max(1, keepdims=True) / 127.5).bfloat16()
        q = np.clip(np.round(w / s.float().numpy()), -128, 127)
        return {".weight": torch.from_numpy(q.astype(np.int8)), ".weight_scale": s}, q * s.float().numpy()
    return make, dict(quant_method="compressed-tensors", format="int-quantized", config_groups=dict(
        group_0=dict(weights=dict(num_bits=8, type="int", strategy="channel", symmetric=True),
                     input_activations=dict(num_bits=8, type="int", strategy="token", dynamic=True))))


def fp8():
    def make(w):
        s = torch.from_numpy(np.abs(w).max(1, keepdims=True) / 448).float()
        q = (torch.from_numpy(w) / s).to(torch.float8_e4m3fn)
        return {".weight": q, ".weight_scale": s}, (q.float() * s).numpy()
    return make, dict(quant_method="compressed-tensors", format="float-quantized", config_groups=dict(
        group_0=dict(weights=dict(num_bits=8, type="float", strategy="channel", symmetric=True))))


def bnb():
    def make(w):
        scb = np.abs(w).max(1)
        q = np.round(w * (127 / scb[:, None]))
        return {".weight": torch.from_numpy(q.astype(np.int8)), ".SCB": torch.from_numpy(scb),
                ".weight_format": torch.tensor(0, dtype=torch.uint8)}, q * scb[:, None] / 127
    return make, dict(quant_method="bitsandbytes", load_in_8bit=True, llm_int8_threshold=6.0)


for name, (make, quantization) in {"gptq": gptq(4, False, False), "gptq-act-order": gptq(4, True, False), "gptq-v2-8bit": gptq(8, True, True),
                                   "awq": awq(), "w4a16": w4a16(True), "w4a16-asymmetric": w4a16(False), "w8a8": w8a8(), "fp8": fp8(),
                                   "bitsandbytes": bnb()}.items():
    packed, plain = dict(state), dict(state)
    for module in linears:
        parts, values = make(state[module + ".weight"].numpy().astype(np.float32))
        del packed[module + ".weight"]
        packed.update({module + suffix: t.contiguous() for suffix, t in parts.items()})
        plain[module + ".weight"] = torch.from_numpy(values.astype(np.float32)).contiguous()
    shutil.rmtree(name, ignore_errors=True); os.makedirs(name)
    save_file(packed, f"{name}/model.safetensors", metadata={"format": "pt"})
    json.dump({**config, "quantization_config": quantization}, open(f"{name}/config.json", "w"), indent=1)
    model = AutoModelForCausalLM.from_pretrained(SOURCE, dtype=torch.float32, attn_implementation="eager").eval()
    model.load_state_dict(plain)
    with torch.no_grad(): logits = model(torch.tensor([tokens])).logits[0].numpy()
    logits.astype("<f4").tofile(f"{name}/logits.bin")
    print(name, sum(os.path.getsize(f"{name}/{f}") for f in os.listdir(name)))
