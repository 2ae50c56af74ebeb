"""The peers of Benchmarks/engine: prints `what TAB engine TAB value TAB unit`.

prepare GGUF FOLDER   F32, F16 and Q8_0 GGUFs and a Hugging Face folder of the model
transformers HF | torch-int8 HF | llama.cpp GGUF KIND"""
import pathlib
import sys
import threading
import time

PROMPT, BATCH, CONTEXT, NEW = 512, 40, 128, 96


def tokens(seed, count):
    return [1000 + (seed * 7919 + i * 104729) % 40000 for i in range(count)]


def report(what, engine, value):
    print(f"{what}\t{engine}\t{value:.1f}\ttokens/s", flush=True)


def prepare(source, folder):
    import gguf
    import numpy
    folder = pathlib.Path(folder)
    reader = gguf.GGUFReader(source)
    tensors = [(t.name, gguf.dequantize(t.data, t.tensor_type)) for t in reader.tensors]
    kinds = {"F32": gguf.GGMLQuantizationType.F32, "F16": gguf.GGMLQuantizationType.F16,
             "Q8_0": gguf.GGMLQuantizationType.Q8_0}
    for kind, type in kinds.items():
        path = folder / f"model-{kind}.gguf"
        if path.exists():
            continue
        writer = gguf.GGUFWriter(str(path) + ".partial", reader.fields["general.architecture"].contents())
        for field in reader.fields.values():
            if field.name.startswith("GGUF.") or field.name in ("general.architecture", "general.file_type"):
                continue
            subtype = field.types[1] if len(field.types) > 1 else None
            writer.add_key_value(field.name, field.contents(), field.types[0], sub_type=subtype)
        for name, values in tensors:
            wanted = type if values.ndim > 1 else gguf.GGMLQuantizationType.F32
            data = numpy.ascontiguousarray(values, dtype=numpy.float32)
            writer.add_tensor(name, gguf.quants.quantize(data, wanted), raw_dtype=wanted)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        pathlib.Path(str(path) + ".partial").rename(path)
    if not (folder / "hf/config.json").exists():
        from transformers import AutoModelForCausalLM
        source = pathlib.Path(source)
        model = AutoModelForCausalLM.from_pretrained(source.parent, gguf_file=source.name)
        # The values are FP32 already; the mark of a quantized file would stop the copy.
        model.is_quantized, model.hf_quantizer = False, None
        if hasattr(model.config, "quantization_config"):
            del model.config.quantization_config
        model.save_pretrained(folder / "hf")


def torch_engine(folder, is_int8):
    import torch
    from transformers import AutoModelForCausalLM
    torch.set_num_threads(2)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    engine = "transformers-fp32"
    if is_int8:
        engine = "torch-int8"
        model = torch.ao.quantization.quantize_dynamic(
            model, {torch.nn.Linear: torch.ao.quantization.per_channel_dynamic_qconfig}, dtype=torch.qint8)

    @torch.inference_mode()
    def generate(batch, context, new):
        input = torch.tensor([tokens(i, context) for i in range(batch)])
        cache, start = None, time.perf_counter()
        prefilled = start
        for step in range(new):
            output = model(input_ids=input, past_key_values=cache, use_cache=True, logits_to_keep=1)
            cache, input = output.past_key_values, output.logits[:, -1].argmax(-1, keepdim=True)
            if step == 0:
                prefilled = time.perf_counter()
        return prefilled - start, time.perf_counter() - prefilled

    generate(1, 64, 2)
    report("prefill", engine, max(PROMPT / generate(1, PROMPT, 1)[0] for _ in range(3)))
    report("decode40", engine, BATCH * (NEW - 1) / generate(BATCH, CONTEXT, NEW)[1])
    report("decode1", engine, 64 / generate(1, 8, 65)[1])


def llama_cpp(path, kind):
    import xllamacpp
    parameters = xllamacpp.CommonParams()
    parameters.model.path = path
    parameters.n_ctx = BATCH * (CONTEXT + NEW + 32)
    parameters.n_parallel = BATCH
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 2
    parameters.warmup = False
    server = xllamacpp.Server(parameters)
    engine = f"llama.cpp-{kind}"

    def complete(prompt, new):
        answer = server.handle_completions({"prompt": prompt, "n_predict": new, "temperature": 0, "ignore_eos": True,
                                            "cache_prompt": False, "stream": False})
        return answer["timings"]

    def together(new):
        start = time.perf_counter()
        threads = [threading.Thread(target=complete, args=(tokens(i, CONTEXT), new)) for i in range(BATCH)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - start

    single = xllamacpp.CommonParams()
    complete(tokens(0, 64), 2)
    report("decode1", engine, max(complete(tokens(0, 8), 65)["predicted_per_second"] for _ in range(2)))
    report("decode40", engine, BATCH * (NEW - 1) / (together(NEW) - together(1)))
    del server
    single.model.path = path
    single.n_ctx = 1024
    single.n_parallel = 1
    single.cpuparams.n_threads = single.cpuparams_batch.n_threads = 2
    server = xllamacpp.Server(single)
    report("prefill", engine, max(server.handle_completions(
        {"prompt": tokens(i, PROMPT), "n_predict": 1, "temperature": 0, "cache_prompt": False, "stream": False}
    )["timings"]["prompt_per_second"] for i in range(3)))


if __name__ == "__main__":
    mode, *arguments = sys.argv[1:]
    if mode == "prepare":
        prepare(*arguments)
    elif mode == "llama.cpp":
        llama_cpp(*arguments)
    else:
        torch_engine(arguments[0], mode == "torch-int8")
