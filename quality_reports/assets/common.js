"use strict";
// What all pages share: numbers as text, charts, tables that sort, one dealer instead of all. A page adds how it is drawn.
const data = JSON.parse(document.getElementById("data").textContent);
const words = data.words;
const colour = { before: "#66737f", after: "#0b6b6b", line: "#b9c3cc", soft: "#4d5b69", ink: "#14202b", grid: "#e6eaed", warm: "#c2660c" };
const font = getComputedStyle(document.documentElement).fontFamily;
const phone = window.matchMedia("(max-width: 620px)");
const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const charts = new Map();

// the same rules as quality_reports/formats.py
const number = (value, kind) => {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value !== "number" || kind === "text") return String(value);
  let text;
  if (kind === "int") text = whole.format(value);
  else if (kind === "pct") text = value.toFixed(1) + "%";
  else if (kind === "delta") { text = value.toFixed(1); text = Number(text) === 0 ? "0.0" : (value > 0 ? "+" : "") + text; }
  else if (kind === "ratio") text = value.toFixed(2);
  else text = value.toFixed(1).replace(/\B(?=(\d{3})+\.)/g, ",");
  return text.replace("-", "\u2212");
};
const make = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};
const escaped = (text) => make("i", "", String(text)).innerHTML;
const narrow = document.documentElement.lang === "en" ? 17 : 10;
const cut = (text, length) => (text.length > length ? text.slice(0, length - 1) + "…" : text);

const base = () => ({
  animation: false, aria: { enabled: false }, textStyle: { fontFamily: font, fontSize: 13, color: colour.ink },
  tooltip: { confine: true, backgroundColor: "#fff", borderColor: colour.line, textStyle: { color: colour.ink, fontSize: 13 }, extraCssText: "box-shadow:0 4px 16px rgba(20,32,43,.12)" },
});
const axisStyle = { axisLine: { show: false }, axisTick: { show: false }, axisLabel: { color: colour.soft, fontSize: 12.5 }, splitLine: { lineStyle: { color: colour.grid } } };

const draw = (name, option, height) => {
  const node = document.getElementById("chart-" + name);
  if (!node) return;
  if (!option) {
    if (charts.has(name)) { charts.get(name).dispose(); charts.delete(name); }
    node.className = "chart none"; node.textContent = words.none;
    return;
  }
  if (node.classList.contains("none")) { node.className = "chart"; node.textContent = ""; }
  if (height) node.style.height = height + "px";
  if (!charts.has(name)) charts.set(name, echarts.init(node, null, { renderer: "svg" }));
  const chart = charts.get(name);
  chart.resize(); chart.setOption(option, true);
  // lets print scale the drawing to the paper
  const svg = node.querySelector("svg");
  if (svg) svg.setAttribute("viewBox", `0 0 ${chart.getWidth()} ${chart.getHeight()}`);
};

// one line an item: hollow dot before, bar between, solid dot after
const dumbbell = (items, unit) => {
  items = items.filter((item) => item.before !== null || item.after !== null);
  if (!items.length) return null;
  const small = phone.matches;
  const low = (i) => Math.min(i.before ?? i.after, i.after ?? i.before);
  const kind = unit === "%" ? "pct" : "score";
  const tip = (p) => {
    const i = items[p.dataIndex];
    return `<b>${escaped(i.name)}</b><br>${escaped(words.before)} ${number(i.before, kind)}${i.wasCount ? "（" + i.wasCount + "）" : ""}<br>${escaped(words.after)} <b>${number(i.after, kind)}</b>${i.isCount ? "（" + i.isCount + "）" : ""}`;
  };
  return {
    ...base(),
    grid: { left: 4, right: small ? 52 : 60, top: 14, bottom: 4, containLabel: true },
    tooltip: { ...base().tooltip, trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: "rgba(11,107,107,.06)" } }, formatter: (list) => tip(list[0]) },
    xAxis: { ...axisStyle, type: "value", min: 0, max: 100, axisLabel: { ...axisStyle.axisLabel, formatter: "{value}" + unit }, interval: small ? 50 : 25 },
    yAxis: { ...axisStyle, type: "category", inverse: true, data: items.map((i) => i.name), axisLabel: { ...axisStyle.axisLabel, color: colour.ink, formatter: (text) => cut(text, small ? narrow : 18) }, splitLine: { show: false } },
    series: [
      { type: "bar", stack: "s", silent: true, barWidth: 4, itemStyle: { color: "transparent" }, data: items.map(low) },
      { type: "bar", stack: "s", silent: true, barWidth: 4, itemStyle: { color: "#9cc9c6" }, data: items.map((i) => Math.abs((i.after ?? i.before) - (i.before ?? i.after))) },
      { type: "scatter", symbolSize: 11, itemStyle: { opacity: 1, color: "#fff", borderColor: colour.before, borderWidth: 2 }, data: items.map((i) => i.before), z: 4 },
      { type: "scatter", symbolSize: 12, itemStyle: { opacity: 1, color: colour.after }, data: items.map((i) => i.after), z: 5,
        label: { show: true, position: "right", distance: 8, color: colour.ink, fontWeight: 600, fontSize: 12.5, formatter: (p) => number(p.value, kind) } },
    ],
  };
};

const problems = (rows) => {
  rows = rows.slice(0, 12);
  if (!rows.length) return null;
  const small = phone.matches;
  const hatch = { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 3], rotation: Math.PI / 4, color: "rgba(255,255,255,.55)" };
  const series = (name, column, fill, decal) => ({ name, type: "bar", stack: "n", barMaxWidth: 15, itemStyle: { color: fill, decal }, data: rows.map((r) => r[column]) });
  return {
    ...base(),
    legend: { top: 0, left: 0, itemWidth: 14, itemHeight: 10, textStyle: { color: colour.soft, fontSize: 13 }, data: [words.repaired, words.remaining] },
    grid: { left: 4, right: small ? 56 : 76, top: 34, bottom: 4, containLabel: true },
    tooltip: { ...base().tooltip, trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: "rgba(11,107,107,.06)" } },
      formatter: (list) => { const r = rows[list[0].dataIndex]; return `<b>${escaped(r[0])}</b> · ${escaped(r[1])}<br>${escaped(words.repaired)} ${number(r[3], "int")}<br>${escaped(words.remaining)} <b>${number(r[4], "int")}</b>`; } },
    xAxis: { ...axisStyle, type: "value", splitNumber: small ? 2 : 5, axisLabel: { ...axisStyle.axisLabel, hideOverlap: true, formatter: (v) => whole.format(v) } },
    yAxis: { ...axisStyle, type: "category", inverse: true, data: rows.map((r) => r[0]), axisLabel: { ...axisStyle.axisLabel, color: colour.ink, formatter: (text) => cut(text, small ? narrow : 36) }, splitLine: { show: false } },
    series: [
      series(words.repaired, 3, colour.after),
      { ...series(words.remaining, 4, colour.warm, hatch), label: { show: true, position: "right", color: colour.ink, fontSize: 12.5, formatter: (p) => number(rows[p.dataIndex][2], "int") } },
    ],
  };
};

const buckets = (rows) => {
  if (!rows.some((r) => r[1])) return null;
  return {
    ...base(),
    grid: { left: 4, right: 8, top: 26, bottom: 4, containLabel: true },
    tooltip: { ...base().tooltip, trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: "rgba(11,107,107,.06)" } },
      formatter: (list) => `${escaped(data.columns.buckets[0][1])}: <b>${escaped(list[0].name)}</b><br>${escaped(words.customers)} <b>${number(list[0].value, "int")}</b>` },
    xAxis: { ...axisStyle, type: "category", data: rows.map((r) => r[0]), axisLabel: { ...axisStyle.axisLabel, color: colour.ink } },
    yAxis: { ...axisStyle, type: "value", splitNumber: 3, axisLabel: { ...axisStyle.axisLabel, formatter: (v) => whole.format(v) } },
    series: [{ type: "bar", barMaxWidth: 46, itemStyle: { color: colour.after, borderRadius: [3, 3, 0, 0] }, data: rows.map((r) => r[1]),
      label: { show: true, position: "top", color: colour.ink, fontSize: phone.matches ? 10.5 : 12.5, formatter: (p) => number(p.value, "int") } }],
  };
};

const cells = (row, columns) => {
  const line = make("tr");
  row.forEach((value, place) => {
    const [key, label, kind] = columns[place];
    const cell = make(place ? "td" : "th", `${kind} c-${key}${place && value === 0 ? " zero" : ""}`, number(value, kind));
    if (place) cell.dataset.label = label; else cell.scope = "row";
    line.append(cell);
  });
  return line;
};
const fill = (name, rows) => {
  const columns = data.columns[name];
  document.querySelectorAll(`table[data-table="${name}"]`).forEach((table) => {
    const body = table.tBodies[0];
    body.replaceChildren(...rows.map((row) => cells(row, columns)));
    if (!rows.length) { const cell = make("td", "empty", words.none); cell.colSpan = columns.length; const line = make("tr"); line.append(cell); body.append(line); }
    table.querySelectorAll("th[aria-sort]").forEach((head) => head.removeAttribute("aria-sort"));
  });
};

// a page says how its charts are drawn, and what changes where one dealer is shown
const begin = (drawAll, show) => {
  // sorting: numbers by value (the text's digits), everything else as text; nothing last
  const worth = (text) => { const plain = text.replace(/[,%+]/g, "").replace("\u2212", "-"); return text === "–" ? null : /^-?[0-9.]+$/.test(plain) ? Number(plain) : text; };
  document.querySelectorAll("table[data-sortable] thead button").forEach((button) => button.addEventListener("click", () => {
    const head = button.closest("th"), table = head.closest("table"), place = head.cellIndex;
    const first = head.classList.contains("text") ? "ascending" : "descending";
    const order = head.getAttribute("aria-sort") === first ? (first === "ascending" ? "descending" : "ascending") : first;
    table.querySelectorAll("th[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    const rows = [...table.tBodies[0].rows].filter((row) => row.cells.length > 1).map((row) => [worth(row.cells[place].textContent), row]);
    rows.sort(([a], [b]) => (a === null) - (b === null) || (a === null ? 0 : sign * (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), document.documentElement.lang))));
    table.tBodies[0].append(...rows.map(([, row]) => row));
  }));
  const search = document.getElementById("search");
  if (search) search.addEventListener("input", () => {
    const text = search.value.trim().toLowerCase();
    document.querySelectorAll('#dealers table tbody tr').forEach((row) => { row.hidden = !row.cells[0].textContent.toLowerCase().includes(text); });
  });
  const pick = document.getElementById("dealer");
  if (pick) pick.addEventListener("change", () => show(pick.value));
  let width = window.innerWidth;
  window.addEventListener("resize", () => { if (window.innerWidth !== width) { width = window.innerWidth; drawAll(); } });
  window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((node) => { node.open = true; }));
  drawAll();
};
