"""Trains a small tokenizer in the configuration of every common family and writes it (NAME.json) with what Hugging Face's
tokenizers library makes of tricky texts (NAME.jsonl). Usage, in this folder: make.py   (see HOW-MADE.md)"""
import base64, io, json, random
import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

CL100K = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
rows = [json.loads(line)["text"] for line in open("../Tokenizers/pre-tokenizers.jsonl")]
corpus = list(dict.fromkeys(rows))
rng = random.Random(5)
extra = [
    "", " ", "  ", "\n", "a", " a", "a ", "▁a ▁ b", "\u00c5ngstr\u00f6m A\u030angstro\u0308m", "ﬁne ﬂow ①② ｶﾞ Ｈｅｌｌｏ", "x²",
    "<s>hello</s>", "<|im_start|>user\nhi<|im_end|>\n", "text <tool> call </tool>  end", "a<tool>b", "word <mask> next", "premask maskpre mask",
    "a <mask>  b<mask>", "\U0001F600\U0001F1EB\U0001F1F7", "\u4f60\u597d\uff0c\u4e16\u754c", "<0x0A> <0xFF>", "caf\u00e9 cafe\u0301 CAF\u00c9", "İstanbul ΣΑΣ straße",
    "Tokens\u2581with\u2581marks", "tab\tand\u3000wide", "1234567 3.14 ½ ٣٤", "don't DON'T we'll", "\ud7ff\ue000\ufffd", "end of <s", "<|im_start|><|im_start|>",
    "name_x single_word_name name", "the name, (name) name.", "unk <unk> here",
]
texts = extra + rng.sample(corpus, 110)


def specials(tokenizer, bos="<s>", eos="</s>"):
    tokenizer.add_special_tokens([bos, eos, "<|im_start|>", "<|im_end|>", AddedToken("<mask>", lstrip=True, special=True)])
    tokenizer.add_tokens([AddedToken("<tool>", normalized=False), AddedToken("</tool>", rstrip=True, normalized=False),
                          AddedToken("name", single_word=True, normalized=True), AddedToken("x²", normalized=True)])


def template(tokenizer, bos="<s>", eos=None):
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A" + (f" {eos}" if eos else ""), pair=f"{bos} $A {bos} $B",
        special_tokens=[(t, tokenizer.token_to_id(t)) for t in (bos, eos) if t])


def train_bpe(tokenizer, size=520, byte_level=True, special=()):
    alphabet = pre_tokenizers.ByteLevel.alphabet() if byte_level else []
    tokenizer.train_from_iterator(corpus, trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=sorted(alphabet), special_tokens=list(special), show_progress=False,
        limit_alphabet=1000 if byte_level else 90))
    return tokenizer


def byte_level(pre, normalizer=None, ignore_merges=False):
    t = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    t.pre_tokenizer = pre
    if normalizer: t.normalizer = normalizer
    t.decoder = decoders.ByteLevel()
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    return t


def split(pattern): return pre_tokenizers.Split(Regex(pattern), "isolated")
def plain_bytes(): return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)


def gpt2():
    t = train_bpe(byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False))); specials(t); return t

def prefix_space():
    t = train_bpe(byte_level(pre_tokenizers.ByteLevel(add_prefix_space=True))); specials(t)
    t.post_processor = processors.RobertaProcessing(("</s>", t.token_to_id("</s>")), ("<s>", t.token_to_id("<s>"))); return t

def smollm():
    t = train_bpe(byte_level(pre_tokenizers.Sequence([pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(add_prefix_space=False)])))
    specials(t); return t

def llama3():
    t = train_bpe(byte_level(pre_tokenizers.Sequence([split(CL100K % "{1,3}"), plain_bytes()]), ignore_merges=True)); specials(t)
    template(t); t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), t.post_processor]); return t

def qwen2():
    t = train_bpe(byte_level(pre_tokenizers.Sequence([split(CL100K % ""), plain_bytes()]), normalizers.NFC())); specials(t); return t

def punctuation():
    t = train_bpe(byte_level(pre_tokenizers.Sequence([pre_tokenizers.Punctuation("contiguous"), pre_tokenizers.Digits(False),
                                                      pre_tokenizers.ByteLevel(add_prefix_space=False)]),
                             normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase(),
                                                   normalizers.Strip()]))); specials(t); return t

def words():
    t = train_bpe(byte_level(pre_tokenizers.Sequence([pre_tokenizers.BertPreTokenizer(), pre_tokenizers.Whitespace(), plain_bytes()]),
                             normalizers.NFKD())); specials(t); return t

BYTES = [f"<0x{i:02X}>" for i in range(256)]

def sentencepiece_bpe(normalizer=None, pre=None, strip=True):
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    # The marks must be learned, so training replaces spaces as encoding will.
    t.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    t.pre_tokenizer = pre_tokenizers.Split("\u2581", "merged_with_next")
    train_bpe(t, size=620, byte_level=False, special=["<unk>", "<s>", "</s>"] + BYTES)
    model = json.loads(t.to_str())
    model["normalizer"], model["pre_tokenizer"] = None, None
    # Bytes are tokens of the model only, as in Llama's files.
    model["added_tokens"] = [a for a in model["added_tokens"] if not a["content"].startswith("<0x")]
    t = Tokenizer.from_str(json.dumps(model))
    if normalizer: t.normalizer = normalizer
    if pre: t.pre_tokenizer = pre
    steps = [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()]
    t.decoder = decoders.Sequence(steps + ([decoders.Strip(" ", 1, 0)] if strip else []))
    specials(t); template(t)
    return t

def llama2(): return sentencepiece_bpe(normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")]))
def mistral(): return sentencepiece_bpe(pre=pre_tokenizers.Metaspace("\u2581", prepend_scheme="first", split=False))
def gemma():
    return sentencepiece_bpe(normalizers.Replace(" ", "\u2581"), pre_tokenizers.Split(" ", "merged_with_previous"), strip=False)

def unigram(precompiled=False):
    t = Tokenizer(models.Unigram())
    steps = [normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    if precompiled:
        with open("rules.tsv", "w") as f:
            f.write("41\t61\n42\t62\nC5\t41 30A\n41 30A\tE5\nFB01\t66 69\n2460\t31\n")
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(corpus * 3), model_writer=model, vocab_size=400, model_type="unigram",
            hard_vocab_limit=False, normalization_rule_tsv="rules.tsv", minloglevel=2)
        import os; os.remove("rules.tsv")
        from sentencepiece import sentencepiece_model_pb2 as pb
        proto = pb.ModelProto(); proto.ParseFromString(model.getvalue())
        steps = [normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap)] + steps[1:]
    t.normalizer = normalizers.Sequence(steps)
    t.pre_tokenizer = pre_tokenizers.Metaspace("\u2581", prepend_scheme="always", split=True)
    t.decoder = decoders.Metaspace("\u2581", prepend_scheme="always")
    t.train_from_iterator(corpus, trainers.UnigramTrainer(vocab_size=500, unk_token="<unk>", special_tokens=["<unk>", "<s>", "</s>"], show_progress=False))
    specials(t); template(t, eos="</s>")
    return t

def unigram_bytes():
    model = json.loads(unigram().to_str())
    model["model"]["byte_fallback"] = True
    model["model"]["vocab"] += [[b, -20.0] for b in BYTES]
    model["added_tokens"] = [a for a in model["added_tokens"] if a["id"] < 3]
    model["decoder"] = json.loads(sentencepiece_bpe().to_str())["decoder"]
    t = Tokenizer.from_str(json.dumps(model)); specials(t); template(t)
    return t


makers = dict(gpt2=gpt2, prefix_space=prefix_space, smollm=smollm, llama3=llama3, qwen2=qwen2, punctuation=punctuation, words=words,
              llama2=llama2, mistral=mistral, gemma=gemma, unigram=unigram, unigram_precompiled=lambda: unigram(True),
              unigram_bytes=unigram_bytes)
for name, make in makers.items():
    make().save(f"{name}.json", pretty=False)
    t = Tokenizer.from_file(f"{name}.json")
    with open(f"{name}.jsonl", "w") as out:
        for text in texts:
            ids = t.encode(text, add_special_tokens=False).ids
            row = dict(text=text, ids=ids, whole=t.encode(text).ids, decoded=t.decode(ids, skip_special_tokens=False),
                       skipped=t.decode(ids, skip_special_tokens=True))
            out.write(json.dumps(row, ensure_ascii=True) + "\n")
    print(name, t.get_vocab_size())
