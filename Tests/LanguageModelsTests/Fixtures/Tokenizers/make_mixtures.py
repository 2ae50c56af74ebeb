"""Random mixtures through the real model's tokenizer; see HOW-MADE.md. The arguments: the model, and a text for words."""
import json, random, sys, unicodedata
from tokenizers import Tokenizer, models, pre_tokenizers, decoders, AddedToken
from gguf import GGUFReader
r=GGUFReader(sys.argv[1])
tk=r.fields['tokenizer.ggml.tokens'].contents(); mg=r.fields['tokenizer.ggml.merges'].contents(); ty=r.fields['tokenizer.ggml.token_type'].contents()
t=Tokenizer(models.BPE(vocab={x:i for i,x in enumerate(tk)}, merges=[tuple(m.split(' ',1)) for m in mg]))
t.pre_tokenizer=pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
t.decoder=decoders.ByteLevel()
t.add_special_tokens([AddedToken(x,special=True,normalized=False) for x,k in zip(tk,ty) if k==3])
rng=random.Random(5)
specials=[x for x,k in zip(tk,ty) if k==3]
words=open(sys.argv[2]).read().split()
def scalar():
    while True:
        c=rng.choice([rng.randrange(0,0x80),rng.randrange(0,0x800),rng.randrange(0,0x10000),rng.randrange(0x10000,0x30000),rng.randrange(0x1f000,0x20000),rng.randrange(0xe0000,0xe0200)])
        if not 0xd800<=c<0xe000 and unicodedata.category(chr(c))!='Cn': return chr(c)
def piece():
    k=rng.random()
    if k<.35: return rng.choice(words)
    if k<.5: return rng.choice([' ','  ','   ','\n','\n\n',' \n','\t','\r\n','\u00a0','\u3000',' \u2003 ','\u0085','\x1c','\x1f','\u180e','\u200b','\ufeff','\u2028'])
    if k<.62: return scalar()
    if k<.7: return str(rng.randrange(10**rng.randrange(1,12)))
    if k<.75: return rng.choice(specials)
    if k<.8: return rng.choice(["'s","'S","'ll","'LL","'re","'","''","n't"," 've"])
    if k<.9: return ''.join(rng.choice('.,;:!?()[]{}<>|/\\@#$%^&*-_=+`~"') for _ in range(rng.randrange(1,5)))
    return ' '
with open('SmolLM2-mixtures.jsonl','w') as o:
    for i in range(250):
        s=''.join(piece() for _ in range(rng.randrange(1,30)))
        e=t.encode(s,add_special_tokens=False)
        o.write(json.dumps({'n':i,'text':s,'ids':e.ids,'decoded':t.decode(e.ids,skip_special_tokens=False),'decoded_skip_special':t.decode(e.ids,skip_special_tokens=True)})+'\n')
