"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { versions, spans, nodes, operations, changes, paths } = data;
  const last = versions.length - 1;
  const LEVELS = ["info", "warning", "breaking"];
  const PARTS = { p: "parameter", b: "body", r: "reply" };
  const by = (id) => document.getElementById(id);
  const main = by("main"), list = by("list"), detail = by("detail"), search = by("q");

  // ---- elements -------------------------------------------------------------------------------------------------

  /** An element: its tag with classes (`a.badge`), its attributes, what is in it. */
  function el(what, attributes, ...inside) {
    const [tag, ...classes] = what.split(".");
    const element = document.createElement(tag);
    if (classes.length) element.className = classes.join(" ");
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === undefined || value === false) continue;
      if (name === "onclick") element.addEventListener("click", value);
      else element.setAttribute(name, value === true ? "" : value);
    }
    fill(element, inside);
    return element;
  }

  /** Puts parts, and lists of parts, into an element that is empty. */
  function fill(element, ...parts) {
    element.replaceChildren(...parts.flat(Infinity).filter((part) => part !== undefined && part !== ""));
  }

  /** What stands between backticks as code. */
  const coded = (text) => text.split("`").map((part, i) => (i % 2 ? el("code", {}, part || "(empty)") : part));

  /** A text with what was searched for marked in it. */
  function marked(text, words) {
    const lower = text.toLowerCase();
    const hits = words.map((word) => [lower.indexOf(word), word.length]).filter(([at]) => at >= 0).sort((a, b) => a[0] - b[0]);
    const parts = [];
    let done = 0;
    for (const [at, length] of hits) {
      if (at < done) continue;
      parts.push(text.slice(done, at), el("mark", {}, text.slice(at, at + length)));
      done = at + length;
    }
    return [...parts, text.slice(done)];
  }

  // ---- the data -------------------------------------------------------------------------------------------------

  const has = (span, version) => spans[span].some(([a, b]) => a <= version && version <= b);
  const index = new Map(operations.flatMap((op, i) => [op.id, ...(op.former || [])].map((id) => [id, i])));

  /** `since 1.41`, `until 1.51`, or the runs of versions; nothing for what is as old as what holds it. */
  function badges(span, around) {
    if (span === around) return [];
    const runs = spans[span];
    if (runs.length > 1) {
      const text = runs.map(([a, b]) => (a === b ? versions[a] : `${versions[a]}–${versions[b]}`)).join(", ");
      return [el(`span.badge.${runs[runs.length - 1][1] < last ? "until" : "since"}`, { title: "the versions that have it" }, text)];
    }
    const [[first, end]] = runs, found = [];
    if (first > 0) found.push(el("span.badge.since", {}, `since ${versions[first]}`));
    if (end < last) found.push(el("span.badge.until", {}, `until ${versions[end]}`));
    return found;
  }

  const between = (from, to) => changes.filter((change) => change.p.some(([a, b, c, d]) => a <= from && from <= b && c <= to && to <= d));

  /** The changes of each step, by the version that they lead to. */
  const steps = versions.map((_, to) => (to ? between(to - 1, to) : []));
  /** The worst level that an operation meets with each version. */
  const worst = operations.map(() => versions.map(() => -1));
  steps.forEach((step, to) => step.forEach((change) => change.a.forEach(([op, level]) => {
    worst[op][to] = Math.max(worst[op][to], level);
  })));

  const join = (path, name) => (path && !/^[[{]/.test(name) ? `${path}.${name}` : path + name);
  const rust = (name) => (/^[[{]/.test(name) ? name : data.rust[name] || name);
  const rustPath = (steps) => steps.reduce((path, name) => join(path, rust(name)), "");

  /** Everything that can be searched for: operations, parameters, fields, values. */
  const entries = [];
  operations.forEach((op, i) => {
    entries.push({ op: i, text: op.id, more: `${op.method} ${op.path} ${(op.former || []).join(" ")} ${op.rust || ""}`, span: op.s, weight: 0 });
    for (const node of op.parameters.map((n) => nodes[n])) add(i, "p", node, node.n, 1);
    for (const part of ["b", "r"]) for (const root of op[PARTS[part]]) below(i, part, nodes[root], "", 2);
  });
  function below(op, part, node, path, depth) {
    for (const child of (node.c || []).map((n) => nodes[n])) {
      const at = join(path, child.n);
      if (/^[[{]/.test(child.n)) valued(op, part, child, at, depth + 2);
      else add(op, part, child, at, depth);
      below(op, part, child, at, depth + 1);
    }
  }
  function add(op, part, node, path, weight) {
    entries.push({ op, part, path, text: path, more: rust(node.n), name: node.n, kind: node.k, span: node.s, weight });
    valued(op, part, node, path, weight + 2);
  }
  function valued(op, part, node, path, weight) {
    for (const [value, span] of node.v || []) entries.push({ op, part, path, text: `${path} = ${value}`, more: "", name: value, kind: "value", span, weight });
  }

  // ---- where we are: everything is in the address, so a link leads to the same place -------------------------------

  const state = { op: null, at: "", view: "", from: 0, to: last, q: "", levels: "210" };

  function read() {
    const at = new URLSearchParams(location.hash.slice(1));
    const version = (name, otherwise) => { const found = versions.indexOf(at.get(name)); return found < 0 ? otherwise : found; };
    state.op = index.has(at.get("op")) ? index.get(at.get("op")) : null;
    state.at = at.get("at") || "";
    state.view = at.get("view") || "";
    state.from = version("from", 0);
    state.to = version("to", last);
    if (state.from > state.to) [state.from, state.to] = [state.to, state.from];
    state.q = at.get("q") || "";
    state.levels = at.get("levels") || "210";
  }

  function address(change) {
    const next = { ...state, ...change }, at = new URLSearchParams();
    if (next.view) at.set("view", next.view);
    if (next.from !== 0 || next.to !== last) { at.set("from", versions[next.from]); at.set("to", versions[next.to]); }
    if (next.levels !== "210") at.set("levels", next.levels);
    if (next.op !== null) at.set("op", operations[next.op].id);
    if (next.op !== null && next.at) at.set("at", next.at);
    if (next.q) at.set("q", next.q);
    return `#${at}`;
  }

  function go(change, quietly) {
    const next = address(change);
    if (quietly) history.replaceState(null, "", next);
    else history.pushState(null, "", next);
    render();
  }

  // ---- the matrix -----------------------------------------------------------------------------------------------

  const tags = [...new Set(operations.map((op) => op.tag))].sort();
  let rows = null;

  function matrix() {
    if (!rows) {
      const head = el("tr", {}, el("th", { scope: "col" }, "Operation"), versions.map((version, i) =>
        el("th", { scope: "col" }, el("button", { title: i ? `What ${version} changed` : version, onclick: () => i && go({ view: "diff", from: i - 1, to: i, op: null, q: "" }) }, version))));
      const body = el("tbody");
      for (const tag of tags) {
        body.append(el("tr.tag", {}, el("th", { scope: "rowgroup" }, tag || "Other"), el("td", { colspan: versions.length })));
        operations.forEach((op, i) => {
          if (op.tag !== tag) return;
          const cells = versions.map((version, v) => {
            const level = worst[i][v], there = has(op.s, v);
            const says = !there ? "not there" : level < 0 ? "unchanged" : `changed, ${LEVELS[level]}`;
            return el("td", {}, el(`span.cell${there ? ".there" : ""}${level < 0 ? "" : `.l${level}`}`, { title: `${op.id} in ${version}: ${says}` }));
          });
          body.append(el("tr", { "data-op": i }, el("th", { scope: "row" }, el("a", { href: address({ op: i, at: "", q: "" }), title: `${op.method} ${op.path}` }, op.id)), cells));
        });
      }
      const legend = el("p.legend", {}, ["there", "l0", "l1", "l2"].map((name, i) =>
        el("span", {}, el(`span.cell.${name}`), ["there, unchanged", "new in it, harmless", "changed, look", "changed, breaking"][i])));
      rows = el("div", {}, legend, el("table.matrix", {}, el("thead", {}, head), body));
    }
    rows.querySelectorAll("tbody tr[data-op]").forEach((row) => {
      const op = Number(row.dataset.op);
      row.classList.toggle("open", op === state.op);
      row.querySelector("a").setAttribute("href", address({ op, at: "", q: "" }));
    });
    rows.querySelectorAll("thead th").forEach((th, i) => {
      th.classList.toggle("end", i - 1 === state.from || i - 1 === state.to);
      th.classList.toggle("inside", i - 1 > state.from && i - 1 <= state.to);
    });
    fill(list, rows);
  }

  // ---- search ---------------------------------------------------------------------------------------------------

  const MOST = 200;
  let active = 0;

  function found(query) {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const hits = [];
    for (const entry of entries) {
      const where = `${operations[entry.op].id} ${entry.text} ${entry.more}`.toLowerCase();
      if (!words.every((word) => where.includes(word))) continue;
      const name = (entry.name || entry.text).toLowerCase(), first = words[words.length - 1];
      // A name that is the word itself comes first, then one that begins with it; short paths before long ones.
      const rank = name === first ? 0 : name.startsWith(first) ? 1 : name.includes(first) ? 2 : 3;
      hits.push([rank, entry.weight, entry]);
    }
    hits.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    return [words, hits.map((hit) => hit[2])];
  }

  function results() {
    const [words, hits] = found(state.q);
    active = Math.min(active, Math.max(0, Math.min(hits.length, MOST) - 1));
    by("status").textContent = `${hits.length} found`;
    if (!hits.length) return fill(list, el("p.none", {}, `Nothing is called “${state.q}” in any version.`));
    const items = hits.slice(0, MOST).map((hit, i) => {
      const op = operations[hit.op];
      const place = hit.part ? [el("span.dim", {}, PARTS[hit.part]), el("code", {}, marked(hit.text, words))] : [el("span.dim.mono", {}, `${op.method} ${op.path}`)];
      return el("li", {}, el(`a${i === active ? ".active" : ""}`, { href: address({ op: hit.op, at: hit.part ? `${hit.part}:${hit.path}` : "", view: "", q: state.q }) },
        el("strong", {}, marked(op.id, words)), place, hit.kind ? el("span.kind", {}, hit.kind) : "", badges(hit.span)));
    });
    const more = hits.length > MOST ? el("p.none", {}, `${hits.length - MOST} more; another word narrows it down.`) : "";
    fill(list, el("ul.results", {}, items), more);
  }

  // ---- one operation --------------------------------------------------------------------------------------------

  function row(op, part, node, path, around, steps) {
    const id = `${part}:${path}`, gone = !has(node.s, last);
    const named = node.o && !/^[[{]/.test(node.n) ? `declared by ${node.o}` : undefined;
    return el(`span.row${node.c || node.v ? "" : ".leaf"}${gone ? ".gone" : ""}`, { "data-at": id },
      el("a", { href: address({ at: id }), title: named }, node.n || "(the whole)"),
      el("span.kind", {}, node.k),
      badges(node.s, around),
      (node.f || []).map((fact) => el(fact.startsWith("deprecated") ? "span.fact.old" : "span.fact", {}, fact)),
      rust(node.n) !== node.n ? el("span.rust", { title: `in Rust: ${rustPath(steps)}` }, rust(node.n)) : "");
  }

  /** A field and what is below it; a list or map shows the fields of what it holds. */
  function branch(op, part, node, path, around, steps) {
    let inner = node, at = path, way = steps;
    while ((inner.c || []).length === 1 && /^[[{]/.test(nodes[inner.c[0]].n)) {
      inner = nodes[inner.c[0]];
      at = join(at, inner.n);
      way = [...way, inner.n];
    }
    const children = (inner.c || []).map((n) => nodes[n]);
    const values = [...(node.v || []), ...(inner === node ? [] : inner.v || [])];
    const line = row(op, part, { ...node, c: children.length ? children : undefined, v: undefined }, path, around, steps);
    const said = values.length ? el("div.values", {}, values.map(([value, span]) => el("span", {}, el("code", {}, value || "(empty)"), " ", badges(span, inner.s)))) : "";
    if (!children.length) return el("li", {}, line, said);
    // Drawn when it is opened first: ContainerInspect alone has hundreds of fields.
    const more = el("details", { "data-below": `${part}:${at}` }, el("summary", {}, line));
    more.addEventListener("toggle", () => {
      if (more.open && more.childElementCount === 1) more.append(said, el("ul", {}, children.map((child) => branch(op, part, child, join(at, child.n), inner.s, [...way, child.n]))));
    });
    return el("li", {}, more);
  }

  function fields(op, part) {
    const root = nodes[operations[op][PARTS[part]][0]];
    let inner = root, at = "", way = [];
    while ((inner.c || []).length === 1 && /^[[{]/.test(nodes[inner.c[0]].n)) {
      inner = nodes[inner.c[0]];
      at = join(at, inner.n);
      way = [...way, inner.n];
    }
    const children = (inner.c || []).map((n) => nodes[n]);
    return [
      el("p.dim", { "data-at": `${part}:` }, root.k, " ", badges(root.s, operations[op].s)),
      el("ul.tree", {}, children.map((child) => branch(op, part, child, join(at, child.n), root.s, [...way, child.n]))),
    ];
  }

  function changeItem(change, op) {
    const seen = op === undefined ? undefined : change.a.filter(([o]) => o === op);
    const level = seen && seen.length ? Math.max(...seen.map(([, level]) => level)) : change.l;
    const [first] = seen || change.a;
    const target = first && first[2] !== "o" ? { op: first[0], at: `${first[2]}:${paths[first[3]]}` } : first ? { op: first[0], at: "" } : null;
    const name = target ? el("a.mono", { href: address({ ...target, q: "" }) }, change.n) : el("span.mono", {}, change.n);
    const met = [...new Set(change.a.map(([o]) => o))];
    const ops = op === undefined && (met.length > 1 || (met.length && !change.n.startsWith(operations[met[0]].id)))
      ? el("div.ops", {}, met.slice(0, 8).flatMap((o, i) => [i ? ", " : "", el("a", { href: address({ op: o, at: "", q: "" }) }, operations[o].id)]), met.length > 8 ? ` and ${met.length - 8} more` : "")
      : "";
    return el("li", { "data-change": change.id }, el(`span.level.l${level}`, {}, LEVELS[level]), el("div.what", {}, name, " ", coded(change.t), ops));
  }

  let shown = null;

  function operation() {
    const i = state.op;
    detail.hidden = i === null;
    main.classList.toggle("opened", i !== null);
    if (i === null) { shown = null; return fill(detail); }
    const op = operations[i], key = `${i} ${state.from} ${state.to}`;
    if (shown !== key) {
      shown = key;
      const strip = versions.map((version, v) => el(`a${has(op.s, v) ? ".there" : ""}${worst[i][v] < 0 ? "" : `.l${worst[i][v]}`}`, { href: `#v${v}`, title: has(op.s, v) ? version : `not in ${version}`, onclick: (event) => { event.preventDefault(); const target = detail.querySelector(`[data-step="${v}"]`); if (target) target.scrollIntoView(); } }, version));
      const parameters = op.parameters.map((n) => nodes[n]);
      const told = versions.map((version, v) => {
        const met = v > state.from && v <= state.to ? steps[v].filter((change) => change.a.some(([o]) => o === i)) : [];
        return met.length ? [el("h3", { "data-step": v }, `Changed in ${version}`), el("ul.changes", {}, met.map((change) => changeItem(change, i)))] : [];
      }).reverse();
      fill(detail,
        el("button.close", { "aria-label": "Close", title: "Close (Esc)", onclick: () => go({ op: null, at: "" }) }, "✕"),
        el("h2", {}, op.id),
        el("p.address", {}, el("span.method.mono", {}, op.method), " ", el("code", {}, op.path), " ", badges(op.s)),
        op.former ? el("p.dim", {}, `Formerly ${op.former.join(", ")}.`) : "",
        op.rust ? el("p.dim", {}, "In Rust: ", el("code", {}, `client.${op.rust}()`)) : "",
        el("div.strip", { "aria-label": "Versions" }, strip),
        parameters.length ? el("h3", {}, "Parameters") : "",
        parameters.length ? el("ul.tree", {}, parameters.map((node) => branch(i, "p", node, node.n, op.s, [node.n]))) : "",
        op.body.length ? [el("h3", {}, "Body"), fields(i, "b")] : [],
        op.reply.length ? [el("h3", {}, "Reply"), fields(i, "r")] : [],
        told.flat().length ? told.flat() : el("p.dim", {}, "Unchanged in these versions."),
      );
      detail.scrollTop = 0;
    }
    point();
  }

  /** Opens the way to the field in the address and shows it. */
  function point() {
    detail.querySelectorAll(".here").forEach((row) => row.classList.remove("here"));
    detail.querySelectorAll(".row > a").forEach((a) => a.setAttribute("href", address({ at: a.parentElement.dataset.at })));
    if (!state.at) return;
    for (let opened = true; opened;) {
      opened = false;
      for (const more of detail.querySelectorAll("details:not([open])")) {
        const above = more.dataset.below;
        const path = state.at.slice(above.length);
        if (state.at.startsWith(above) && /^[.[{]/.test(path)) { more.open = true; more.dispatchEvent(new Event("toggle")); opened = true; }
      }
    }
    // A place inside a list, such as `Ports[]`, is shown with the list.
    let place = state.at, row = null;
    while (!(row = detail.querySelector(`[data-at="${CSS.escape(place)}"]`)) && /(\[\]|\{\})$/.test(place)) place = place.slice(0, -2);
    if (row) { row.classList.add("here"); row.scrollIntoView({ block: "center", behavior: "instant" }); }
  }

  // ---- two versions ---------------------------------------------------------------------------------------------

  function difference() {
    const { from, to } = state, words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    const all = from === to ? [] : between(from, to);
    const fits = (change) => words.every((word) => `${change.n} ${change.t} ${change.a.map(([o]) => operations[o].id).join(" ")}`.toLowerCase().includes(word));
    const chosen = all.filter((change) => state.levels.includes(change.l) && fits(change));
    const boxes = [2, 1, 0].map((level) => {
      const box = el("input", { type: "checkbox", checked: state.levels.includes(level), id: `level${level}` });
      box.addEventListener("change", () => go({ levels: [2, 1, 0].filter((l) => by(`level${l}`).checked).join("") || "-" }, true));
      return el("label", {}, box, ` ${all.filter((change) => change.l === level).length} ${["info", "warnings", "breaking"][level]}`);
    });
    by("status").textContent = `${chosen.length} changes`;
    fill(list, el("div.padded", {},
      el("h2", {}, `${versions[from]} → ${versions[to]}`),
      el("div.filters", {}, boxes, el("a", { href: address({ view: "", op: null, at: "" }) }, "all operations")),
      all.length ? "" : el("p.none", {}, "The documents do not differ."),
      all.length && !chosen.length ? el("p.none", {}, "No change fits the search and the levels.") : "",
      el("ul.changes", { id: "changes" }, chosen.map((change) => changeItem(change)))));
  }

  // ---- all together ---------------------------------------------------------------------------------------------

  const keep = {};

  function render() {
    read();
    if (search.value !== state.q) search.value = state.q;
    by("from").value = state.from;
    by("to").value = state.to;
    const view = state.view === "diff" ? "diff" : state.q ? "search" : "matrix";
    const before = list.dataset.view;
    if (before) keep[before] = list.scrollTop;
    if (view === "diff") difference();
    else if (view === "search") results();
    else matrix();
    list.dataset.view = view;
    // Coming back to a view brings back where one was in it.
    list.scrollTop = view === before || view === "matrix" ? keep[view] || 0 : 0;
    operation();
    document.title = [state.op !== null ? operations[state.op].id : view === "diff" ? `${versions[state.from]} → ${versions[state.to]}` : "", by("home").textContent].filter(Boolean).join(" · ");
  }

  for (const id of ["from", "to"]) {
    by(id).append(...versions.map((version, i) => el("option", { value: i }, version)));
    by(id).addEventListener("change", () => {
      const [from, to] = [Number(by("from").value), Number(by("to").value)].sort((a, b) => a - b);
      go({ from, to });
    });
  }
  by("compare").addEventListener("click", () => go({ view: "diff", op: null, at: "", q: "" }));
  by("controls").addEventListener("submit", (event) => event.preventDefault());
  search.addEventListener("input", () => { active = 0; go({ q: search.value, ...(state.view === "diff" ? {} : { op: null, at: "" }) }, true); });
  addEventListener("hashchange", render);
  addEventListener("popstate", render);

  addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName) && document.activeElement.type !== "checkbox";
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) { event.preventDefault(); search.focus(); search.select(); return; }
    if (event.key === "Escape") {
      if (state.op !== null) go({ op: null, at: "" });
      else if (state.q) go({ q: "" });
      else if (state.view) go({ view: "" });
      search.blur();
      return;
    }
    const down = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (document.activeElement === search && list.dataset.view === "search" && (down || event.key === "Enter")) {
      const links = [...list.querySelectorAll(".results a")];
      if (!links.length) return;
      event.preventDefault();
      if (!down) { location.hash = links[active].getAttribute("href"); return; }
      links[active].classList.remove("active");
      active = Math.max(0, Math.min(links.length - 1, active + down));
      links[active].classList.add("active");
      links[active].scrollIntoView({ block: "nearest" });
      return;
    }
    if (down && !typing) {
      // From row to row: operations, results, changes, fields.
      const inside = detail.contains(document.activeElement) ? detail : list;
      const links = [...inside.querySelectorAll("tbody a, .results a, .changes .what > a, .row > a, summary")].filter((link) => link.offsetParent);
      const at = links.indexOf(document.activeElement);
      if (at < 0 && inside === detail) return;
      event.preventDefault();
      const next = links[Math.max(0, Math.min(links.length - 1, at + down))];
      if (next) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
    }
  });

  render();
})();
