"""Holds folders written by `assay quantize` against transformers: it loads them, and its logits are those of our weights.

Usage: check_transformers.py    needs `swift build -c release`, and Python with torch, transformers, compressed-tensors
"""
import json, os, subprocess, sys, tempfile
import numpy as np, torch
from transformers import AutoModelForCausalLM

ASSAY = os.environ.get("ASSAY", ".build/release/assay")
FIXTURES = "Tests/LanguageModelsTests/Fixtures/Architectures/"
failed = False
for name, scheme in [("llama", "int8"), ("qwen2", "int8:activations=none"), ("llama", "int8:weights=per-tensor"),
                     ("llama", "bf16"), ("gemma2", "fp16"), ("gpt2", "fp16"), ("phi3", "int8")]:
    source = FIXTURES + name
    tokens = torch.tensor([json.load(open(source + "/tokens.json"))])
    with tempfile.TemporaryDirectory() as folder:
        out = folder + "/out"
        subprocess.run([ASSAY, "quantize", source, "--scheme", scheme, "--output", out, "--quiet"], check=True,
                       stdout=subprocess.DEVNULL)
        model = AutoModelForCausalLM.from_pretrained(out, dtype=torch.float32)
        kinds = sorted({str(p.dtype) for p in model.state_dict().values()})
        ours = model(tokens).logits[0].detach().float().numpy()
    exact = np.fromfile(source + "/logits.bin", dtype=np.float32).reshape(ours.shape)
    sqnr = 10 * np.log10((exact**2).sum() / ((exact - ours) ** 2).sum())
    ok = 20 < sqnr < 120
    failed |= not ok
    print(f"{name:7} {scheme:26} {'ok' if ok else 'NOT OK':6} logits of transformers against the original: {sqnr:.1f} dB; held as {', '.join(kinds)}", flush=True)
sys.exit(failed)
