import json
import numpy as np
from scipy import stats
src='gsm8k_model_solutions.jsonl'
out=''
rows=[json.loads(l) for l in open(src)]
ans=lambda t: t[t.rfind('A:'):].strip() if 'A:' in t else t.strip()[-40:]
w=lambda n,f: open(out+n,'w').write(''.join(json.dumps(f(r),ensure_ascii=False)+'\n' for r in rows))
w('targets.jsonl',lambda r:{'id':r['id'],'target':ans(r['ground_truth'])[2:].strip(),'task':'gsm8k-flexible'})
w('truth.jsonl',lambda r:{'id':r['id'],'text':ans(r['ground_truth'])})
models=['175b_verification','175b_finetuning','6b_finetuning']
for m in models: w(m+'.jsonl',lambda r:{'id':r['id'],'text':ans(r[m]['solution'])})
base=np.array([r[models[0]]['is_correct'] for r in rows],float)
g={'prompts':len(rows),'baseline_correct':int(base.sum()),'releases':{}}
tests=4  # three ROUGE metrics under gate targets, and correct
for m in models[1:]:
    new=np.array([r[m]['is_correct'] for r in rows],float)
    lost=int(((base==1)&(new==0)).sum()); gained=int(((base==0)&(new==1)).sum())
    t=stats.ttest_rel(new,base); ci=t.confidence_interval(1-0.05/tests)
    p=stats.binomtest(min(lost,gained),lost+gained,0.5).pvalue
    tol=0.005
    verdict='regressed' if ci.high<-tol else 'improved' if ci.low>tol else 'unchanged' if -tol<=ci.low and ci.high<=tol else 'inconclusive'
    g['releases'][m]={'correct':int(new.sum()),'lost':lost,'gained':gained,'mcnemar_exact_p':p,'change':float((new-base).mean()),'low':float(ci.low),'high':float(ci.high),'verdict':verdict}
json.dump(g,open(out+'scipy.json','w'),indent=1); print(json.dumps(g,indent=1))
