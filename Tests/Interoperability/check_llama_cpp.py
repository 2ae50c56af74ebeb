"""Holds files written by `assay quantize` against llama.cpp (xllamacpp): bytes of all tensors, and greedy texts.

Bytes: every matrix is quantized by llama.cpp's own `ggml_quantize_chunk` from the FP32 values of the original and compared.
Texts: greedy answers to 40 prompts (FP32 key/value cache, no flash attention), in two ways.
- The values of the file: written out as FP32 and run by llama.cpp, and the file as it is run by our engine in FP32. At
  least 38 of 40 texts must be the same, and where one differs, our first choice must be a near tie with our second.
- The file as it is: llama.cpp's CPU kernels then round inputs to 8 bits, as our `activations=q8` does. Such rounding turns
  the last bit of a sum into a whole step, layer by layer, so that no two orders of summation give the same texts. The
  control shows it: llama.cpp against itself with flash attention, which only sums in another order.
"""
import ctypes, glob, json, os, subprocess, sys, tempfile, urllib.request
import numpy as np
from gguf import GGML_QUANT_SIZES, GGUFReader
from gguf.quants import dequantize

MODEL = os.environ.get("ASSAY_TEST_MODEL", ".models/SmolLM2-135M-Instruct.Q4_1.gguf")
ASSAY = os.environ.get("ASSAY", ".build/release/assay")
PROMPTS = "suites/demo/prompts.jsonl"
SCHEMES = sys.argv[1:] or ["fp32", "fp16", "q8_0", "q4_0", "q4_k_m", "q5_k_m", "q6_k", "q3_k_m", "q2_k", "iq4_xs", "iq4_nl"]
COUNT, TOKENS, NEAR_TIE = 40, 96, 0.05

package = glob.glob(os.path.join(sys.prefix, "lib", "python3*", "site-packages", "xllamacpp", "xllamacpp.abi3.so"))[0]
lib = ctypes.PyDLL(package)
lib.ggml_quantize_chunk.restype = ctypes.c_size_t
lib.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p] + [ctypes.c_int64] * 3 + [ctypes.c_void_p]


def quantize(x, kind):
    elements, size = GGML_QUANT_SIZES[kind]
    out = np.zeros((x.shape[0], x.shape[1] // elements * size), dtype=np.uint8)
    assert lib.ggml_quantize_chunk(kind, x.ctypes.data, out.ctypes.data, 0, x.shape[0], x.shape[1], None) == out.size
    return out


def check_bytes(path):
    """Compares all matrices; returns the census and how many differ."""
    original = {t.name: t for t in GGUFReader(MODEL).tensors}
    census, different = {}, 0
    for tensor in GGUFReader(path).tensors:
        census[tensor.tensor_type.name] = census.get(tensor.tensor_type.name, 0) + 1
        source = original[tensor.name]
        values = dequantize(source.data, source.tensor_type).astype(np.float32)
        if len(tensor.shape) < 2:
            different += not np.array_equal(tensor.data.reshape(-1), values.reshape(-1))
            continue
        rows = np.ascontiguousarray(values.reshape(-1, int(tensor.shape[0])))
        expected = quantize(rows, tensor.tensor_type)
        different += expected.tobytes() != tensor.data.tobytes()
    return census, different


def llama_tokens(path, prompts, flash=False):
    import xllamacpp
    p = xllamacpp.CommonParams()
    p.model.path = path
    p.n_ctx, p.n_parallel, p.warmup = 2048, 1, False
    p.cache_type_k = p.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    kinds = xllamacpp.llama_flash_attn_type
    p.flash_attn_type = kinds.LLAMA_FLASH_ATTN_TYPE_ENABLED if flash else kinds.LLAMA_FLASH_ATTN_TYPE_DISABLED
    p.cpuparams.n_threads = p.cpuparams_batch.n_threads = 1  # its threads wait by spinning: one is fastest on a busy machine
    server = xllamacpp.Server(p)

    def ask(route, body):
        request = urllib.request.Request(server.listening_address + route, json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        return json.loads(urllib.request.urlopen(request).read())

    answers = []
    for prompt in prompts:
        text = ask("/apply-template", {"messages": prompt["messages"]})["prompt"]
        answers.append(ask("/completion", {"prompt": text, "n_predict": TOKENS, "temperature": 0, "top_k": 1,
                                           "cache_prompt": False, "return_tokens": True})["tokens"])
    return answers


def our_runs(path, folder, scheme):
    run = os.path.join(folder, "ours.jsonl")
    subset = os.path.join(folder, "prompts.jsonl")
    subprocess.run([ASSAY, "generate", "--model", path, "--prompts", subset, "--scheme", scheme, "--output", run,
                    "--max-tokens", str(TOKENS), "--quiet"], check=True)
    return [json.loads(line) for line in open(run)][1:]


def divergence(ours, theirs):
    """Where the tokens part, or None; the end-of-text token counts only where the other goes on."""
    tokens = ours["tokens"]
    place = next((i for i, (a, b) in enumerate(zip(tokens, theirs)) if a != b), None)
    if place is None and abs(len(tokens) - len(theirs)) > 1:
        place = min(len(tokens), len(theirs))
    return place


def main():
    failed = False
    prompts = [json.loads(line) for line in open(PROMPTS)][:COUNT]
    for prompt in prompts:
        if "messages" not in prompt:
            system = [{"role": "system", "content": prompt["system"]}] if "system" in prompt else []
            prompt["messages"] = system + [{"role": "user", "content": prompt["prompt"]}]
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "prompts.jsonl"), "w") as out:
            for prompt in prompts:
                out.write(json.dumps({"id": prompt["id"], "messages": prompt["messages"]}) + "\n")
        for scheme in SCHEMES:
            path = os.path.join(folder, "model.gguf")
            subprocess.run([ASSAY, "quantize", MODEL, "--scheme", scheme, "--output", path, "--quiet"],
                           check=True, stdout=subprocess.DEVNULL)
            census, different = check_bytes(path)
            expanded = os.path.join(folder, "fp32.gguf")
            subprocess.run([ASSAY, "quantize", path, "--scheme", "fp32", "--output", expanded, "--quiet"], check=True,
                           stdout=subprocess.DEVNULL)
            theirs, ours = llama_tokens(expanded, prompts), our_runs(path, folder, "fp32")
            places = [(o, divergence(o, t)) for o, t in zip(ours, theirs)]
            ties = [o["margins"][min(i, len(o["margins"]) - 1)] for o, i in places if i is not None]
            same = len(prompts) - len(ties)
            ok = different == 0 and same >= COUNT * 38 // 40 and all(m < NEAR_TIE for m in ties)
            failed |= not ok
            types = ", ".join(f"{n} {k}" for k, n in sorted(census.items(), key=lambda e: -e[1]))
            print(f"{scheme:8} {'ok' if ok else 'NOT OK':6} tensors that differ {different}; values in FP32: same text {same} of "
                  f"{len(prompts)}; margins where not: {', '.join(f'{m:.4f}' for m in sorted(ties)) or '-'}  [{types}]", flush=True)
            if scheme not in ("fp32", "fp16", "bf16"):
                theirs, again = llama_tokens(path, prompts), llama_tokens(path, prompts, flash=True)
                ours = our_runs(path, folder, "fp32:activations=q8")
                print(f"{'':15} file as it is, inputs of 8 bits: same text {sum(divergence(o, t) is None for o, t in zip(ours, theirs))}"
                      f" of {len(prompts)}; llama.cpp against itself with flash attention: "
                      f"{sum(a == b for a, b in zip(theirs, again))}", flush=True)
            os.remove(expanded)
            os.remove(path)
    sys.exit(failed)


main()
