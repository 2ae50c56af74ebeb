"""Makes the vocabularies and golden tokens of the tokenizer tests; see HOW-MADE.md."""
import io, json, random
import sentencepiece
from gguf import GGUFWriter
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CL100K = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"

def splits(*patterns):
    rules = [pre_tokenizers.Split(Regex(p), "isolated") for p in patterns]
    return pre_tokenizers.Sequence(rules + [pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])

PRE = {
    "gpt-2": pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
    "smollm": pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]),
    "llama-bpe": splits(CL100K % "{1,3}"),
    "smaug-bpe": splits(CL100K % "{1,3}"),
    "qwen2": splits(CL100K % ""),
    "default": splits(r"[\p{P}\$\+<=>\^~\|]+", GPT2, r"\p{N}+", "[0-9][0-9][0-9]"),
    "falcon": splits(r"[\p{P}\$\+<=>\^~\|`]+", GPT2, "[0-9][0-9][0-9]"),
}

# Texts: those of the real model's goldens, hand-picked boundaries, and random mixtures of what the rules distinguish.
# Without special tokens: their names must not be learned as words.
goldens = [t for t in (json.loads(line)["text"] for line in open("SmolLM2.jsonl")) if "<|" not in t]
picked = [
    "a  b", "a   b\n\n c", " \n a", "\n\n\nx", "x \r\n\r\n y", "\t\ttab", "a\u00a0b \u3000c", "\u2028 x", "tail   ", "tail \n ",
    "I'M YOU'LL we'Re 'S 'sx ''s '", "12345 1234567 123", "x123y ١٢٣٤ ⅷ½² 3.14159", "$100+20=~|^<>", "`code` ``x``",
    "(a)[b]{c}; d,e:f", "!!!\n\n???\r\nend", " !\n", "é e\u0301 ñ n\u0303", "日本語テキスト、です。", "👩‍👩‍👧 🇫🇷 x", "a'b'c don't",
    "ẞß İı ſ'ſ", "a'ſxyz 'Sx", "\u200b\u200d\ufeff", "a_b-c–d—e", "\u0085x \x0b\x0c", "$a $1 $ x", " 1 2  3", "foo 12", "क्षत्रिय हिन्दी ๑๒๓",
]
alphabet = list("aAbSsTtDdMmLlVvEeRr019") + list("'''  \n\n\r\t.,!$+=|`-_") + ["é", "\u0301", "日", "١", "½", "²", "…", "👍", "\u00a0", "\u3000", "\u2003", "ß"]
rng = random.Random(11)
mixtures = ["".join(rng.choice(alphabet) for _ in range(rng.randint(1, 40))) for _ in range(160)]
texts = [t for t in goldens if len(t) < 400][:60] + picked + mixtures

# One vocabulary, trained on whole texts, so that merges cross every boundary that a pre-tokenizer may set.
alphabet_bytes = sorted(pre_tokenizers.ByteLevel.alphabet())
trained = Tokenizer(models.BPE())
trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
trained.train_from_iterator(
    [t[i:i + 60] for t in goldens + picked + mixtures for i in range(0, len(t), 60)],
    trainers.BpeTrainer(vocab_size=1500, initial_alphabet=alphabet_bytes, show_progress=False, max_token_length=12))
state = json.loads(trained.to_str())["model"]
vocab = dict(state["vocab"])
merges = [" ".join(m) if isinstance(m, list) else m for m in state["merges"]]
# Tokens that no merge makes: only a vocabulary that is looked into before merging finds them.
for text in ["Ġquick", "don", "123", "Ġlanguage", "!!!"]:
    vocab.setdefault(text, len(vocab))
tokens = sorted(vocab, key=vocab.get)
assert [vocab[t] for t in tokens] == list(range(len(tokens)))

w = GGUFWriter("bytes.vocabulary", "llama")
w.add_tokenizer_model("gpt2"); w.add_tokenizer_pre("gpt-2")
w.add_token_list(tokens); w.add_token_types([1] * len(tokens)); w.add_token_merges(merges)
w.add_bos_token_id(0); w.add_eos_token_id(0)
w.write_header_to_file(); w.write_kv_data_to_file(); w.close()

with open("pre-tokenizers.jsonl", "w") as out:
    for name, pre in PRE.items():
        t = Tokenizer(models.BPE(vocab=vocab, merges=[tuple(m.split(" ", 1)) for m in merges], ignore_merges=name == "llama-bpe"))
        t.pre_tokenizer = pre
        t.decoder = decoders.ByteLevel()
        for text in texts:
            ids = t.encode(text, add_special_tokens=False).ids
            assert t.decode(ids) == text
            out.write(json.dumps({"pre": name, "text": text, "ids": ids}) + "\n")

# SentencePiece BPE as Llama 2 uses it: identity normalization, a dummy prefix, byte fallback.
model = io.BytesIO()
sentencepiece.SentencePieceTrainer.train(
    sentence_iterator=iter(s for t in goldens + picked for s in t.splitlines() if s.strip()), model_writer=model, model_type="bpe",
    vocab_size=1200, character_coverage=0.98, byte_fallback=True, normalization_rule_name="identity",
    remove_extra_whitespaces=False, add_dummy_prefix=True, allow_whitespace_only_pieces=True, split_digits=True,
    minloglevel=2, num_threads=1, user_defined_symbols=["<tool>", "<|end_of_turn|>"], max_sentence_length=100000)
sp = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
n = sp.get_piece_size()
kinds = [2 if sp.is_unknown(i) else 3 if sp.is_control(i) else 6 if sp.is_byte(i) else 5 if sp.is_unused(i) else
         4 if sp.id_to_piece(i).startswith("<") and not sp.is_byte(i) and i < 20 else 1 for i in range(n)]
w = GGUFWriter("sentencepiece.vocabulary", "llama")
w.add_tokenizer_model("llama"); w.add_tokenizer_pre("default")
w.add_token_list([sp.id_to_piece(i) for i in range(n)])
w.add_token_scores([sp.get_score(i) for i in range(n)]); w.add_token_types(kinds)
w.add_bos_token_id(sp.bos_id()); w.add_eos_token_id(sp.eos_id()); w.add_unk_token_id(sp.unk_id())
w.write_header_to_file(); w.write_kv_data_to_file(); w.close()
with open("sentencepiece.jsonl", "w") as out:
    for text in texts:
        if text == "": continue
        # SentencePiece ends text at a NUL and has its own idea of the prefix before a user-defined symbol.
        if "\0" in text or "<tool>" in text: continue
        ids = sp.encode(text)
        out.write(json.dumps({"text": text, "ids": ids, "decoded": sp.decode(ids)}) + "\n")
