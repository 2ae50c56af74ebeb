"""Renders conversations with the published templates of several models; see HOW-MADE.md.

Usage: make.py [FOLDER]   with a folder, its *.jinja files instead of the templates below, and the results there
"""
import glob, itertools, json, os, sys
from jinja2 import nodes
from jinja2.exceptions import TemplateError
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

T = {}
T["smollm2"] = ("", "<|im_end|>", """{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system
You are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>
' }}{% endif %}{{'<|im_start|>' + message['role'] + '
' + message['content'] + '<|im_end|>' + '
'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant
' }}{% endif %}""")
T["chatml"] = ("<s>", "<|im_end|>", r"""{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}""")
T["chatml-bos"] = ("<s>", "<|im_end|>", r"""{{bos_token}}{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] | trim + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}""")
T["qwen2"] = ("", "<|im_end|>", r"""{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}""")
T["qwen2.5"] = ("", "<|im_end|>", r"""{%- if tools %}
    {{- '<|im_start|>system\n' }}
    {%- if messages[0]['role'] == 'system' %}
        {{- messages[0]['content'] }}
    {%- else %}
        {{- 'You are Qwen, created by Alibaba Cloud. You are a helpful assistant.' }}
    {%- endif %}
    {{- "\n\n# Tools\n\n<tools>" }}
    {{- "\n</tools><|im_end|>\n" }}
{%- else %}
    {%- if messages[0]['role'] == 'system' %}
        {{- '<|im_start|>system\n' + messages[0]['content'] + '<|im_end|>\n' }}
    {%- else %}
        {{- '<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n' }}
    {%- endif %}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>' + '\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
{%- endif %}
""")
T["qwq"] = ("", "<|im_end|>", r"""{%- for message in messages %}
    {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>' + '\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n<think>\n' }}
{%- endif %}
""")
T["llama3"] = ("<|begin_of_text|>", "<|eot_id|>", r"""{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>

'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>

' }}{% endif %}""")
T["llama3.1"] = ("<|begin_of_text|>", "<|eot_id|>", r"""{{- bos_token }}
{%- if not date_string is defined %}
    {%- set date_string = "26 Jul 2024" %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\n\n" }}
{{- "Cutting Knowledge Date: December 2023\n" }}
{{- "Today Date: " + date_string + "\n\n" }}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}
{%- endif %}
""")
T["zephyr"] = ("<s>", "</s>", r"""{% for message in messages %}
{% if message['role'] == 'user' %}
{{ '<|user|>
' + message['content'] + eos_token }}
{% elif message['role'] == 'system' %}
{{ '<|system|>
' + message['content'] + eos_token }}
{% elif message['role'] == 'assistant' %}
{{ '<|assistant|>
'  + message['content'] + eos_token }}
{% endif %}
{% if loop.last and add_generation_prompt %}
{{ '<|assistant|>' }}
{% endif %}
{% endfor %}""")
T["zephyr-escaped"] = ("<s>", "</s>", T["zephyr"][2].replace("|>\n' +", r"|>\n' +").replace("|>\n'  +", r"|>\n'  +"))
MISTRAL = r"""{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token }}{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}{% endfor %}"""
T["mistral-v0.2"] = ("<s>", "</s>", MISTRAL)
T["mistral-v0.1"] = ("<s>", "</s>", MISTRAL.replace("eos_token }}", "eos_token + ' ' }}"))
MISTRAL3 = r"""{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- set ns = namespace() %}
{%- set ns.index = 0 %}
{%- for message in loop_messages %}
    {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}
        {{- raise_exception("After the optional system message, conversation roles must alternate") }}
    {%- endif %}
    {%- set ns.index = ns.index + 1 %}
{%- endfor %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST] " + system_message + "\n\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"]|trim + eos_token}}
    {%- else %}
        {{- raise_exception("Only user and assistant roles are supported, with the exception of an initial optional system message!") }}
    {%- endif %}
{%- endfor %}
"""
T["mistral-v0.3"] = ("<s>", "</s>", MISTRAL3)
T["mistral-v0.2-system"] = ("<s>", "</s>", MISTRAL3.replace("loop.last", "loop.first").replace('"[INST] "', '" [INST] "').replace('"[/INST]"', '" [/INST]"'))

T["llama2"] = ("<s>", "</s>", r"""{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if loop.index0 == 0 and system_message != false %}{% set content = '<<SYS>>\n' + system_message + '\n<</SYS>>\n\n' + message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ ' ' + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}""")
T["gemma"] = ("<bos>", "<eos>", r"""{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}""")
T["gemma3"] = ("<bos>", "<eos>", r"""{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- if messages[0]['content'] is string -%}
        {%- set first_user_prefix = messages[0]['content'] + '

' -%}
    {%- else -%}
        {%- set first_user_prefix = messages[0]['content'][0]['text'] + '

' -%}
    {%- endif -%}
    {%- set loop_messages = messages[1:] -%}
{%- else -%}
    {%- set first_user_prefix = "" -%}
    {%- set loop_messages = messages -%}
{%- endif -%}
{%- for message in loop_messages -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception("Conversation roles must alternate user/assistant/user/assistant/...") }}
    {%- endif -%}
    {%- if (message['role'] == 'assistant') -%}
        {%- set role = "model" -%}
    {%- else -%}
        {%- set role = message['role'] -%}
    {%- endif -%}
    {{ '<start_of_turn>' + role + '
' + (first_user_prefix if loop.first else "") }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- elif message['content'] is iterable -%}
        {%- for item in message['content'] -%}
            {%- if item['type'] == 'image' -%}
                {{ '<start_of_image>' }}
            {%- elif item['type'] == 'text' -%}
                {{ item['text'] | trim }}
            {%- endif -%}
        {%- endfor -%}
    {%- else -%}
        {{ raise_exception("Invalid content type") }}
    {%- endif -%}
    {{ '<end_of_turn>
' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{'<start_of_turn>model
'}}
{%- endif -%}
""")
T["phi3"] = ("<s>", "<|endoftext|>", r"""{% for message in messages %}{% if message['role'] == 'system' and message['content'] %}{{'<|system|>\n' + message['content'] + '<|end|>\n'}}{% elif message['role'] == 'user' %}{{'<|user|>\n' + message['content'] + '<|end|>\n'}}{% elif message['role'] == 'assistant' %}{{'<|assistant|>\n' + message['content'] + '<|end|>\n'}}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}""")
T["phi4"] = ("<|endoftext|>", "<|im_end|>", r"""{% for message in messages %}{% if (message['role'] == 'system') %}{{'<|im_start|>system<|im_sep|>' + message['content'] + '<|im_end|>'}}{% elif (message['role'] == 'user') %}{{'<|im_start|>user<|im_sep|>' + message['content'] + '<|im_end|>'}}{% elif (message['role'] == 'assistant') %}{{'<|im_start|>assistant<|im_sep|>' + message['content'] + '<|im_end|>'}}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant<|im_sep|>' }}{% endif %}""")
T["qwen3"] = ("", "<|im_end|>", r"""{%- if tools %}
    {{- '<|im_start|>system\n' }}
    {%- for tool in tools %}
        {{- "\n" }}
        {{- tool | tojson }}
    {%- endfor %}
{%- else %}
    {%- if messages[0].role == 'system' %}
        {{- '<|im_start|>system\n' + messages[0].content + '<|im_end|>\n' }}
    {%- endif %}
{%- endif %}
{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.content is string %}
        {%- set content = message.content %}
    {%- else %}
        {%- set content = '' %}
    {%- endif %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\n' + content + '<|im_end|>' + '\n' }}
    {%- elif message.role == "assistant" %}
        {%- set reasoning_content = '' %}
        {%- if message.reasoning_content is string %}
            {%- set reasoning_content = message.reasoning_content %}
        {%- else %}
            {%- if '</think>' in content %}
                {%- set reasoning_content = content.split('</think>')[0].rstrip('\n').split('<think>')[-1].lstrip('\n') %}
                {%- set content = content.split('</think>')[-1].lstrip('\n') %}
            {%- endif %}
        {%- endif %}
        {%- if loop.index0 > ns.last_query_index %}
            {%- if loop.last or (not loop.last and reasoning_content) %}
                {{- '<|im_start|>' + message.role + '\n<think>\n' + reasoning_content.strip('\n') + '\n</think>\n\n' + content.lstrip('\n') }}
            {%- else %}
                {{- '<|im_start|>' + message.role + '\n' + content }}
            {%- endif %}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\n' + content }}
        {%- endif %}
        {{- '<|im_end|>\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\n\n</think>\n\n' }}
    {%- endif %}
{%- endif %}
""")
# What Jinja does, away from any model: white space, operators, filters, tests, scopes.
T["white-space"] = ("<s>", "</s>", """  {% if true %}
  a
    {# comment #}
  {%- if messages %} b {%- endif +%}

 {%+ if true %}  c{% endif %}{% endif -%}

   d {{- 1 }} {{ 2 -}}
  e
{% raw -%}  {{ not }} {% here %}
{% endraw %}
	{% for m in messages %}
	{{ loop.index }}:{{ m.role }}
	{% else %}
	none
	{% endfor %}
end
""")
T["operators"] = ("<s>", "</s>", r'''{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % -3 }} {{ 7 / 2 }} {{ 2 ** 3 ** 2 }} {{ 1 + 2 * 3 - 4 }} {{ 1.5e2 }} {{ 10 / 4 + 1 }}
{{ 'a' ~ 1 ~ none ~ true }} {{ 'ab' * 3 }} {{ 'a' 'b' }} {{ [1, 'x', none, (1,), {'k': "it's"}] }} {{ "tab\t\"q\" é\u00e9\x41\\" }}
{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 'a' in 'cat' }} {{ 'z' not in ['a'] }} {{ not true or true }} {{ 1 == 1.0 }} {{ 'b' > 'a' }} {{ true + 1 }}
{{ messages[-1].role }} {{ messages[0]['content'][::-1] }} {{ messages[0].content[1:3] }} {{ [1,2,3,4][-3:-1] }} {{ 'abc'[5] }}|{{ [1,2,3][::2] }}
{{ 'yes' if messages|length > 1 else 'no' }} {{ 'x' if false }}| {{ missing }} {{ missing is defined }} {{ messages is iterable }} {{ 3 is odd }} {{ 6 is divisibleby 3 }} {{ (1,2) }}{{ -1|abs }} {{ 'x' is string and 1 is number }}''')
T["filters"] = ("<s>", "</s>", r"""{% set m = messages %}{{ m | map(attribute='role') | join(', ') }}|{{ m | selectattr('role', 'equalto', 'user') | list | length }}|{{ m | rejectattr('role', 'in', ['user', 'system']) | map(attribute='content') | list | tojson }}
{{ m | tojson }} {{ m[0] | tojson(indent=2) }} {{ {'b': [1, 2.5, none, true], 'a': {}} | tojson(sort_keys=true) }} {{ 'é "q" 
 <b>' | tojson }} {{ 'é' | tojson(ensure_ascii=true) }}
{{ '  x ' | trim }}|{{ 'aXb' | lower | upper }}|{{ 'hello wORLD-foo' | title }}|{{ 'hELLO' | capitalize }}|{{ 'a-b-c' | replace('-', '+', 1) }}|{{ none | default('d') }}|{{ missing | default('d') }}|{{ '' | default('e', true) }}
{{ [3, 1, 2] | first }} {{ [3, 1, 2] | last }} {{ [1,2] | reverse | list }} {{ 'abc' | reverse }} {{ '42' | int + 1 }} {{ '3.5' | float }} {{ 'x' | int(7) }} {{ ['a', 'A', 'b'] | unique | list }} {{ {'b': 1, 'a': 2} | dictsort }} {{ 'a
b

c' | indent(2) }} {{ {'k': 'v'}.items() | list }}
{% for k, v in {'x': 1, 'y': 2}.items() %}{{ k }}={{ v }}{% if not loop.last %}; {% endif %}{% endfor %} {{ ' a b  c '.split() }} {{ 'a,b,c'.split(',', 1) }} {{ 'a,b,c'.rsplit(',', 1) }} {{ 'xxaxx'.strip('x') }} {{ ', '.join(['p', 'q']) }} {{ 'abc'.find('c') }} {{ 'Abc'.startswith(('x', 'A')) }} {{ {'a': 1}.get('b', 3) }} {{ 'aXa'.count('a') }}""")
T["scopes"] = ("<s>", "</s>", r"""{% set x = 1 %}{% for m in messages %}{% set x = x + 1 %}{{ x }}{% endfor %}{{ x }}
{% set ns = namespace(n=0) %}{% for m in messages if m.role != 'system' %}{% set ns.n = ns.n + loop.index %}{{ loop.length }}{{ loop.revindex0 }}{% if loop.index > 2 %}{% break %}{% endif %}{% if m.role == 'assistant' %}{% continue %}{% endif %}.{% endfor %}{{ ns.n }}
{% macro turn(role, text='-', last=false) %}<{{ role }}>{{ text | trim }}{% if last %}!{% endif %}{{ x }}{% endmacro %}{{ turn('u') }}{{ turn('a', last=true, text=' t ') }}{% set y = 5 %}
{% set block %} captured {{ y }} {% endset %}{{ block | trim }}{% filter upper %}shout {{ y }}{% endfilter %}{% generation %}{% set y = 6 %}{{ y }}{% endgeneration %}{{ y }}
{% set a, b = 1, 'two' %}{{ a }}{{ b }}{% for m in messages %}{{ loop.previtem.role if loop.previtem is defined else '^' }}{{ loop.nextitem.role if not loop.last else '$' }}{% endfor %}{% for i in range(3) %}{{ i }}{% endfor %}{% for i in range(5, 0, -2) %}{{ i }}{% endfor %}{% for c in 'ab' %}{{ c }},{% endfor %}{% for q in missing %}{% else %}empty{% endfor %}""")

if len(sys.argv) > 1:
    T = {os.path.basename(p)[:-6]: ("<s>", "</s>", open(p).read()) for p in sorted(glob.glob(sys.argv[1] + "/*.jinja"))}
    os.chdir(sys.argv[1])

def turn(role, content): return {"role": role, "content": content}
conversations = [
    [turn("user", "Hello!")],
    [turn("system", "Be brief."), turn("user", "What is 2+2?")],
    [turn("user", "  padded \n"), turn("assistant", " An answer.  "), turn("user", "And\nthen? é 世界 {{ x }} '\"")],
    [turn("system", " S "), turn("user", "a"), turn("assistant", "b"), turn("user", "c"), turn("assistant", "d"), turn("user", "")],
    [turn("user", "a"), turn("assistant", "b")],
    [turn("user", "a"), turn("user", "b")],
    [turn("user", "x"), turn("system", "late")],
    [turn("user", "q"), turn("assistant", "<think>\nhm\n</think>\n\nan answer"), turn("user", "r")],
    [turn("user", "q"), turn("assistant", "<think>hm</think>last")],
]
def refuse(message): raise TemplateError(message)
class Generation(Extension):  # as transformers: {% generation %} is a call block
    tags = {"generation"}
    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.CallBlock(self.call_method("render"), [], [], body).set_lineno(line)
    def render(self, caller): return caller()
environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
environment.filters["tojson"] = lambda x, ensure_ascii=False, indent=None, separators=None, sort_keys=False: json.dumps(
    x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)
environment.globals["raise_exception"] = refuse
with open("rendered.jsonl", "w") as out:
    for (name, (bos, eos, source)), messages, prompt in itertools.product(T.items(), conversations, [True, False]):
        try:
            text = environment.from_string(source).render(
                messages=messages, add_generation_prompt=prompt, bos_token=bos, eos_token=eos, tools=None, documents=None)
        except (TemplateError, TypeError, ValueError):
            text = None
        row = {"template": name, "messages": messages, "add_generation_prompt": prompt, "text": text}
        out.write(json.dumps(row) + "\n")
with open("templates.jsonl", "w") as out:
    for name, (bos, eos, source) in T.items():
        out.write(json.dumps({"name": name, "bos": bos, "eos": eos, "source": source}) + "\n")
