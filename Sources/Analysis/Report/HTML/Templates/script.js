"use strict";
// The table of all prompts. Text from models only ever becomes text nodes.
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const find = (id) => document.getElementById(id);
  const PAGE = 100;
  let shown = PAGE, chosen = 0, open = null, order = { key: "score", up: true };

  function make(tag, text, className) {
    const element = document.createElement(tag);
    if (text !== undefined && text !== null) element.textContent = text;
    if (className) element.className = className;
    return element;
  }

  // [id, category, results, question, targets, reference, outputs]; see HTMLPromptData.swift.
  const prompts = data.prompts.map((p, index) => ({
    index, id: p[0], category: p[1], results: p[2].map(result), hasTexts: p.length > 3,
    question: p[3] || "", targets: p[4] || [], reference: p[5] || "", outputs: p[6] || [],
  }));

  function result(r) {
    if (r === null) return { status: "not answered", score: null, step: null, margin: null, kl: null };
    if (r.length === 0) return { status: "same", score: 1, step: null, margin: null, kl: null };
    return { score: r[4] === 0 ? 1 : r[0], step: r[1], margin: r[2], kl: r[3] === null ? null : Number(r[3]), klText: r[3],
      status: ["same", "changed", "empty"][r[4]] };
  }

  function outputText(prompt, submission) {
    const output = prompt.outputs[submission];
    return output ? prompt.reference.slice(0, output[0]) + output[1] : "";
  }

  const columns = [
    { key: "id", title: "prompt", value: (p) => p.id },
    { key: "score", title: data.metric + ", %", value: (p, r) => r.score, text: (r) => r.score === null ? "" : (r.score * 100).toFixed(1) },
    { key: "step", title: data.unit + "s before it differs", value: (p, r) => r.step, text: (r) => r.step === null ? "–" : String(r.step) },
    { key: "status", title: "answer", value: (p, r) => r.status, text: (r) => r.status },
    { key: "margin", title: "margin there", value: (p, r) => r.margin, text: (r) => r.margin === null ? "–" : r.margin.toFixed(4) },
    { key: "kl", title: "KL, nats", value: (p, r) => r.kl, text: (r) => r.kl === null ? "–" : r.klText },
    { key: "category", title: "category", value: (p) => p.category, text: (r, p) => p.category || "–" },
  ];

  function searchable(prompt) {
    if (prompt.haystack === undefined) {
      prompt.haystack = [prompt.id, prompt.category, prompt.question, prompt.reference,
        ...data.submissions.map((_, s) => outputText(prompt, s))].join("\n").toLowerCase();
    }
    return prompt.haystack;
  }

  function selection() {
    const status = find("status").value, category = find("category").value, words = find("search").value.trim().toLowerCase();
    const column = columns.find((c) => c.key === order.key);
    const chosenPrompts = prompts.filter((p) => {
      const same = p.results[chosen].status === "same";
      return (status === "all" || (status === "same") === same) && (category === "" || p.category === category)
        && (words === "" || searchable(p).includes(words));
    });
    return chosenPrompts.sort((a, b) => {
      const x = column.value(a, a.results[chosen]), y = column.value(b, b.results[chosen]);
      if (x === y) return a.index - b.index;
      if (x === null || x === undefined) return 1;
      if (y === null || y === undefined) return -1;
      return (x < y ? -1 : 1) * (order.up ? 1 : -1);
    });
  }

  function draw() {
    const found = selection();
    const visible = found.slice(0, Math.max(shown, found.findIndex((p) => p === open) + 1));
    find("found").textContent = found.length + " of " + prompts.length + " prompts";
    const rows = document.createDocumentFragment();
    for (const prompt of visible) {
      rows.append(row(prompt));
      if (prompt === open) rows.append(detail(prompt));
    }
    find("rows").replaceChildren(rows);
    find("more").hidden = visible.length === found.length;
    for (const heading of find("headings").children) {
      heading.setAttribute("aria-sort", heading.dataset.key !== order.key ? "none" : order.up ? "ascending" : "descending");
      heading.querySelector("span").textContent = heading.dataset.key !== order.key ? "" : order.up ? " ▲" : " ▼";
    }
  }

  function row(prompt) {
    const line = make("tr", null, prompt === open ? "open" : "");
    const name = make("th");
    name.scope = "row";
    const button = make("button", prompt.id, "name");
    button.type = "button";
    button.setAttribute("aria-expanded", String(prompt === open));
    button.addEventListener("click", () => { show(prompt === open ? null : prompt); });
    name.append(button);
    line.append(name);
    for (const column of columns.slice(1)) {
      line.append(make("td", column.text(prompt.results[chosen], prompt), column.key === "status" ? "status" : ""));
    }
    line.id = "row" + prompt.index;
    return line;
  }

  function detail(prompt) {
    const line = make("tr", null, "detail"), cell = make("td");
    cell.colSpan = columns.length;
    line.append(cell);
    if (!prompt.hasTexts) {
      cell.append(make("p", "The texts of this prompt were left out to keep the page small; they are in the runs."));
      return line;
    }
    if (prompt.question) { const p = make("p", prompt.question, "question"); p.dir = "auto"; cell.append(p); }
    if (prompt.targets.length) cell.append(make("p", "Target: " + prompt.targets.join(" | "), "small"));
    cell.append(make("p", summary(prompt.results[chosen]), "small"));
    const pair = make("div", null, "columns");
    const parts = difference(words(prompt.reference), words(outputText(prompt, chosen)));
    pair.append(side("reference " + data.reference, parts.left, "del"), side(data.submissions[chosen], parts.right, "ins"));
    cell.append(pair);
    const output = prompt.outputs[chosen];
    if (output && output.length > 2) {
      cell.append(make("p", "What both models held likely at the first difference:", "small"));
      const tables = make("div", null, "columns");
      tables.append(candidates("reference", output[2]), candidates("submission", output[3]));
      cell.append(tables);
    }
    return line;
  }

  function summary(r) {
    if (r.step === null) return r.status === "same" ? "The same answer." : "No difference in tokens.";
    let text = "First difference after " + r.step + " " + data.unit + (r.step === 1 ? "." : "s.");
    if (r.margin !== null) {
      text += " The reference's margin there was " + r.margin.toFixed(4);
      if (data.threshold !== null && data.threshold !== undefined) text += r.margin <= data.threshold ? ": a near-tie." : ": a confident choice.";
      else text += ".";
    }
    return text;
  }

  function side(title, parts, tag) {
    const box = make("div"), text = make("p", null, "text");
    text.dir = "auto";
    let marked = false;
    for (const [changed, piece] of parts) {
      if (!changed) { text.append(piece); continue; }
      const first = marked ? 0 : piece.match(/^\s*\S*/)[0].length;
      if (!marked) { const mark = make("mark", piece.slice(0, first)); mark.title = "first difference"; text.append(mark); }
      if (first < piece.length) text.append(make(tag, piece.slice(first)));
      marked = true;
    }
    if (parts.length === 0) text.append(make("i", "(empty)"));
    box.append(make("h5", title), text);
    return box;
  }

  function candidates(title, list) {
    const box = make("div"), table = make("table", null, "candidates");
    const head = make("tr");
    for (const heading of [title, "%"]) { const cell = make("th", heading); cell.scope = "col"; head.append(cell); }
    table.append(head);
    for (const [token, share] of list) {
      const line = make("tr");
      line.append(make("td", JSON.stringify(token), "mono"), make("td", share.toFixed(1)));
      table.append(line);
    }
    box.append(table);
    return box;
  }

  // With the white space before them, so that what changed hangs together.
  function words(text) { return text.match(/\s*(?:[\p{L}\p{N}\p{M}_]+|[^\s\p{L}\p{N}\p{M}_])|\s+$/gu) || []; }

  // The longest common subsequence of words between the equal ends; too long texts are marked as a whole.
  function difference(a, b) {
    let start = 0, end = 0;
    while (start < a.length && start < b.length && a[start] === b[start]) start++;
    while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
    const left = [], right = [];
    const add = (list, changed, piece) => {
      const last = list[list.length - 1];
      if (last && last[0] === changed) last[1] += piece; else list.push([changed, piece]);
    };
    const common = (piece) => { add(left, false, piece); add(right, false, piece); };
    for (let i = 0; i < start; i++) common(a[i]);
    const x = a.slice(start, a.length - end), y = b.slice(start, b.length - end);
    if (x.length * y.length > 1000000) {
      if (x.length) add(left, true, x.join(""));
      if (y.length) add(right, true, y.join(""));
    } else {
      const width = y.length + 1, lengths = new Uint16Array((x.length + 1) * width);
      for (let i = x.length - 1; i >= 0; i--) {
        for (let j = y.length - 1; j >= 0; j--) {
          lengths[i * width + j] = x[i] === y[j] ? lengths[(i + 1) * width + j + 1] + 1
            : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
        }
      }
      let i = 0, j = 0;
      while (i < x.length || j < y.length) {
        if (i < x.length && j < y.length && x[i] === y[j]) { common(x[i]); i++; j++; }
        else if (j >= y.length || (i < x.length && lengths[(i + 1) * width + j] >= lengths[i * width + j + 1])) add(left, true, x[i++]);
        else add(right, true, y[j++]);
      }
    }
    for (let i = a.length - end; i < a.length; i++) common(a[i]);
    return { left, right };
  }

  function show(prompt) {
    open = prompt;
    const place = prompt ? "#prompt=" + encodeURIComponent(prompt.id) + (chosen ? "&submission=" + encodeURIComponent(data.submissions[chosen]) : "") : "#prompts";
    history.replaceState(null, "", place);
    draw();
    if (prompt) find("row" + prompt.index).querySelector("button").focus();
  }

  function follow() {
    const fields = new URLSearchParams(location.hash.slice(1).replace(/\+/g, "%2B"));
    if (!fields.has("prompt")) return;
    const prompt = prompts.find((p) => p.id === fields.get("prompt"));
    if (!prompt) {
      find("found").textContent = "There is no prompt '" + fields.get("prompt").slice(0, 100) + "' in this page.";
      return;
    }
    const submission = data.submissions.indexOf(fields.get("submission"));
    if (submission >= 0) { chosen = submission; find("submission").value = String(submission); }
    if (!selection().includes(prompt)) { find("status").value = "all"; find("category").value = ""; find("search").value = ""; }
    open = prompt;
    draw();
    const line = find("row" + prompt.index);
    line.scrollIntoView();
    line.querySelector("button").focus({ preventScroll: true });
  }

  data.submissions.forEach((name, index) => {
    const option = make("option", name);
    option.value = String(index);
    find("submission").append(option);
  });
  const categories = [...new Set(prompts.map((p) => p.category).filter((c) => c !== null))].sort();
  for (const name of categories) {
    const option = make("option", name);
    option.value = name;
    find("category").append(option);
  }
  find("category").parentElement.hidden = categories.length === 0;
  for (const column of columns) {
    const heading = make("th"), button = make("button", column.title);
    heading.scope = "col";
    heading.dataset.key = column.key;
    button.type = "button";
    button.append(make("span"));
    button.addEventListener("click", () => {
      order = { key: column.key, up: order.key === column.key ? !order.up : column.key !== "margin" && column.key !== "kl" };
      draw();
    });
    heading.append(button);
    find("headings").append(heading);
  }
  const redraw = () => { shown = PAGE; draw(); };
  find("submission").addEventListener("change", () => { chosen = Number(find("submission").value); redraw(); });
  for (const id of ["status", "category"]) find(id).addEventListener("change", redraw);
  find("search").addEventListener("input", redraw);
  find("controls").addEventListener("submit", (event) => event.preventDefault());
  find("more").addEventListener("click", () => { shown += PAGE; draw(); });
  addEventListener("hashchange", follow);
  // On paper the numbers behind the charts are shown.
  addEventListener("beforeprint", () => { for (const d of document.querySelectorAll("details.data")) d.open = true; });
  find("controls").hidden = find("table").hidden = false;
  draw();
  follow();
})();
