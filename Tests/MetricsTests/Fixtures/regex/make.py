"""Cases for PythonRegex: what Python's re finds. Usage: python3.11 make.py > python-re.jsonl"""
import json, random, re

random.seed(20260101)
known = [
    (r"#### (\-?[0-9\.\,]+)", ""), (r"(-?[$0-9.,]{2,})|(-?[0-9]+)", ""), (r"(?s).*#### ", ""), (r"\.$", ""),
    (r"The answer is (\-?[0-9\.\,]+).", ""), (r"The answer is (\-?[0-9\.\,]*[0-9]+)", ""), (r"-?[\d,]*\.?\d+", ""),
    (r"The final answer is ((-?[$0-9.,]{2,})|(-?[0-9]+))", ""), (r"\b(a|an|the)\b", ""), (r"\s+", ""),
    (r"((?<=The answer is )(.*)(?=.)|(?<=answer is )(.*)(?=.)|(?<=The answer: )(.*)(?=.)|(?<=The final answer: )(.*)(?=.))", ""),
    (r"(\([A-Z]\))", ""), (r":[\s]*(A|B|C|D)", ""), (r"^(.*?)(?=\n|$)", ""), (r"^(.*?)\s*$", ""), (r"best answer is ([A-Z])", ""),
    (r"answer is \(?([ABCDEFGHIJ])\)?", ""), (r"\\boxed{\s*(\d+)\s*}", ""), (r"Answer:\s*(\d+)(?!\.)\b", "i"),
    (r"\b(?:ANSWER|FINAL\s*ANSWER)\b\s*[:=]?\s*(?:\(?\s*([A-X])\s*\)?)(?:\s*$|[^A-Za-z])", "i"), (r"\b([A-J])\b", "i"),
    (r"<\|channel\|>final[^<]*<\|message\|>(.*?)(?:<\|return\|>|$)", "s"), (r"^[^a-zA-Z]*([A-X])(?:[^a-zA-Z]|$)", ""),
    (r"(.*?)(\$)(.*?)(\$)(.*)", ""), (r"(\\text\{)(.*?)(\})", ""), (r"(\\boxed\{)(.*)(\})", ""), (r"(frac)([^{])(.)", ""),
    (r"(sqrt)(?!\[)([^{])", ""), (r"(?<!\\)\bcm\b", ""), (r"\\[a-zA-Z]+", ""), (r"-?\d{1,3}(,\d{3})+", ""), (r"^", "m"), (r"$", "m"),
    (r"a*", ""), (r"(a|b)*?c", ""), (r"(?P<x>a)(?:b)?", ""), (r"[^\W\d]", ""), (r"\D+|\d", ""), (r"[]a-]+", ""), (r"a{,2}b", ""),
]
texts = ["", "a", "The answer is 12", "The answer is 12.\nThe answer is $1,234.50. ok", "#### -1,234", "x #### 5%\n#### 7", "answer is (C)",
    "The answer is (C).\n", "Answer: 42", "ANSWER: b\n", "final\u00a0answer = (D) ", "\\boxed{ 17 }", "<|channel|>final <|message|>**B**<|return|>",
    "the cat and a dog an", "Straße ² ½ Ⅷ 一 ٣٤", "a\nb\n", "\n", "aab abc aaac", "$x$ and $y$", "\\text{ab}\\frac12 \\sqrt3", "K\u212a s\u017f i\u0131\u0130",
    "1,234,567 12 5cm \\cm cm", "costs $81.", "((A)) (B)", ": B:C", "best answer is A best answer is B", "a\u2028b\u0085c\x1cd", "...", "-- -5.", "xx x{2}{3}"]

def pattern(depth=0):
    choice = random.random()
    if depth > 3 or choice < 0.4:
        return random.choice(["a", "b", "c", ".", r"\b", "^", "$", "[ab]", "[^a]", r"\w", r"\d", r"\s", "ab"])
    if choice < 0.6:
        return pattern(depth + 1) + pattern(depth + 1)
    if choice < 0.75:
        return "(" + pattern(depth + 1) + "|" + pattern(depth + 1) + ")"
    if choice < 0.9:
        # Not supported: what a group keeps of a last round that matched nothing.
        body = pattern(depth + 1)
        while re._parser.parse(body).getwidth()[0] == 0:
            body = pattern(depth + 1)
        return "(" + body + ")" + random.choice(["*", "+", "?", "*?", "+?", "??", "{1,2}", "{2}", "{1,}?"])
    # Not supported: groups inside look-arounds.
    return random.choice(["(?=", "(?!", "(?:"]) + re.sub(r"\((?!\?)", "(?:", pattern(depth + 1)) + ")"

def row(p, flags, text):
    options = (re.I if "i" in flags else 0) | (re.S if "s" in flags else 0) | (re.M if "m" in flags else 0)
    compiled = re.compile(p, options)
    return {"pattern": p, "flags": flags, "text": text,
        "matches": [[list(m.span(g)) if m.span(g) != (-1, -1) else None for g in range(compiled.groups + 1)] for m in compiled.finditer(text)],
        "without": compiled.sub("", text)}

rows = [row(p, f, t) for p, f in known for t in texts if re.search(p, t, re.I) or random.random() < 0.1]
while len(rows) < 2200:
    p, f = pattern(), random.choice(["", "i", "s", "m", "im"])
    t = "".join(random.choice("aabbcA \n1_é") for _ in range(random.randint(0, 12)))
    try: rows.append(row(p, f, t))
    except re.error: pass
for r in rows: print(json.dumps(r))
