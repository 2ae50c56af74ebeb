"""Scores a JSON Lines file of pairs with a peer's ROUGE, file to file: rouge-peer.py MODULE IN OUT.

Prints the seconds from the first byte read to the last byte written; starting Python and importing are not counted."""
import json
import sys
import time

TYPES = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
module, source, target = sys.argv[1:]
scorer = __import__(f"{module}.rouge_scorer", fromlist=["RougeScorer"]).RougeScorer(TYPES, use_stemmer=True)

start = time.perf_counter()
with open(source, encoding="utf-8") as file:
    pairs = [json.loads(line) for line in file]
for pair in pairs:
    score = scorer.score(pair["reference"], pair["prediction"])
    for name in TYPES:
        pair[name] = {key: getattr(score[name], key) for key in ("precision", "recall", "fmeasure")}
with open(target, "w", encoding="utf-8") as file:
    for pair in pairs:
        file.write(json.dumps(pair, ensure_ascii=False) + "\n")
print(time.perf_counter() - start)
