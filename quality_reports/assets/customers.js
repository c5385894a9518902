// The customers page: one chart a panel, drawn from its table's rows. Series differ by pattern, never by colour alone.
const pattern = (dashArrayX, dashArrayY, rotation) => ({ symbol: "rect", dashArrayX, dashArrayY, rotation, color: "rgba(255,255,255,.6)" });
const looks = [{ color: colour.after }, { color: colour.before, decal: pattern([1, 0], [2, 3], Math.PI / 4) }, { color: colour.warm, decal: pattern([2, 3], [2, 3], 0) }];
const named = (row, chart) => row.slice(0, chart.labels).filter((text) => text !== null && text !== "").join(" · ");
const unit = (name, place) => data.columns[name][place][2];
const amount = (value, kind) => (kind === "int" && Math.abs(value) >= 1e6 && phone.matches ? number(value / 1e6, "score") + "M" : number(value, kind));
const tipOf = (name, rows, chart) => (list) => {
  const row = rows[list[0].dataIndex];
  return `<b>${escaped(named(row, chart))}</b>` + data.columns[name].slice(chart.labels).map(([, label, kind], place) => `<br>${escaped(label)} <b>${escaped(number(row[place + chart.labels], kind))}</b>`).join("");
};
const shaded = (name, rows, chart) => ({ ...base().tooltip, trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: "rgba(11,107,107,.06)" } }, formatter: tipOf(name, rows, chart) });
const legendOf = (many) => (many ? { top: 0, left: 0, itemWidth: 14, itemHeight: 10, textStyle: { color: colour.soft, fontSize: 13 } } : undefined);
const axisOf = (kind) => ({ ...axisStyle, type: "value", splitNumber: phone.matches ? 2 : 3, minInterval: kind === "int" ? 1 : 0, axisLabel: { ...axisStyle.axisLabel, hideOverlap: true, formatter: (v) => amount(v, kind === "int" ? "int" : "text") + (kind === "pct" ? "%" : "") } });

const seriesOf = (name, rows, chart, position, most) => chart.columns.map((place, at) => {
  const last = at === chart.columns.length - 1, kind = unit(name, place);
  const total = (row) => chart.columns.reduce((sum, column) => sum + (row[column] || 0), 0);
  return {
    name: data.columns[name][place][1], type: "bar", stack: chart.stacked ? "all" : undefined, barMaxWidth: most, barGap: "12%", itemStyle: looks[chart.stacked && at ? 2 : at], data: rows.map((row) => (row[place] < 0 ? { value: row[place], label: { position: position === "top" ? "bottom" : position } } : row[place])),
    label: { show: chart.stacked ? last : true, position, color: colour.ink, fontSize: 12, formatter: (p) => (chart.stacked ? amount(total(rows[p.dataIndex]), kind) : amount(p.value, kind)) },
  };
});
const bars = (name, rows, chart) => {
  const kind = unit(name, chart.columns[0]);
  return {
    ...base(), legend: legendOf(chart.columns.length > 1), tooltip: shaded(name, rows, chart),
    grid: { left: 4, right: phone.matches ? 58 : 76, top: chart.columns.length > 1 ? 34 : 6, bottom: 4, containLabel: true },
    xAxis: axisOf(kind),
    yAxis: { ...axisStyle, type: "category", inverse: true, data: rows.map((row) => named(row, chart)), axisLabel: { ...axisStyle.axisLabel, color: colour.ink, formatter: (text) => cut(text, phone.matches ? narrow : 20) }, splitLine: { show: false } },
    series: seriesOf(name, rows, chart, "right", 15),
  };
};
// an axis that measures of several kinds share has no unit
const shared = (name, places) => (places.every((place) => unit(name, place) === unit(name, places[0])) ? unit(name, places[0]) : "text");
const columns = (name, rows, chart) => ({
  ...base(), legend: legendOf(chart.columns.length > 1), tooltip: shaded(name, rows, chart),
  grid: { left: 4, right: 8, top: chart.columns.length > 1 ? 52 : 26, bottom: 4, containLabel: true },
  xAxis: { ...axisStyle, type: "category", data: rows.map((row) => named(row, chart)), axisLabel: { ...axisStyle.axisLabel, color: colour.ink, hideOverlap: true } },
  yAxis: axisOf(shared(name, chart.columns)),
  series: seriesOf(name, rows, chart, "top", 30).map((each) => ({ ...each, label: { ...each.label, show: each.label.show && !(phone.matches && rows.length > 7), fontSize: 11, formatter: (p) => (p.value || chart.stacked ? each.label.formatter(p) : "") } })),
});
const intervals = (name, rows, chart) => {
  const known = rows.filter((row) => row[chart.columns[0]] !== null);
  const [middle, low, high] = chart.columns;
  const line = (points, look) => ({ type: "line", symbol: "none", silent: true, data: points, lineStyle: look, z: 2 });
  return {
    ...base(), tooltip: { ...base().tooltip, trigger: "item", formatter: (p) => tipOf(name, known, chart)([p]) },
    grid: { left: 4, right: phone.matches ? 40 : 60, top: 6, bottom: 4, containLabel: true }, xAxis: axisOf("delta"),
    yAxis: { ...axisStyle, type: "category", inverse: true, data: known.map((row) => named(row, chart)), axisLabel: { ...axisStyle.axisLabel, color: colour.ink, formatter: (text) => cut(text, phone.matches ? narrow : 20) }, splitLine: { show: false } },
    series: [
      line([[0, 0], [0, known.length - 1]], { type: "dashed", width: 1.2, color: colour.before }),
      ...known.map((row, at) => ({ ...line([[row[low], at], [row[high], at]], { width: 2, color: colour.after }), symbol: "rect", symbolSize: [2, 12], itemStyle: { color: colour.after } })),
      { type: "scatter", symbolSize: 11, itemStyle: { color: colour.after, opacity: 1 }, data: known.map((row, at) => [row[middle], at]), z: 5, label: { show: true, position: "top", color: colour.ink, formatter: (p) => number(p.value[0], "delta") } },
    ],
  };
};
const matrix = (name, rows, chart) => {
  const down = [...new Set(rows.map((row) => row[0]))], across = [...new Set([...down, ...rows.map((row) => row[1])])], value = chart.columns[0], small = phone.matches;
  return {
    ...base(), tooltip: { ...base().tooltip, trigger: "item", formatter: (p) => tipOf(name, rows, chart)([p]) },
    grid: { left: 4, right: 12, top: small ? 74 : 84, bottom: 4, containLabel: false, ...(small ? { left: 84 } : { left: 120 }) },
    xAxis: { ...axisStyle, type: "category", position: "top", data: across, axisLabel: { ...axisStyle.axisLabel, color: colour.ink, interval: 0, rotate: 50, formatter: (text) => cut(text, 8) }, splitLine: { show: true, lineStyle: { color: colour.grid } } },
    yAxis: { ...axisStyle, type: "category", inverse: true, data: down, axisLabel: { ...axisStyle.axisLabel, color: colour.ink, interval: 0, formatter: (text) => cut(text, small ? 6 : 9) }, splitLine: { show: true, lineStyle: { color: colour.grid } } },
    series: [{ type: "scatter", symbol: "rect", symbolSize: (point) => 6 + Math.sqrt((point[2] || 0) / 100) * (small ? 20 : 28), itemStyle: { color: "#9cc9c6", opacity: 1 },
      data: rows.map((row) => [row[1], row[0], row[value]]), label: { show: true, color: colour.ink, fontSize: small ? 10 : 12, formatter: (p) => whole.format(p.value[2] || 0) } }],
  };
};

const BARS = 20;
const heights = {
  bars: (rows, chart) => (chart.columns.length > 1 ? 70 : 42) + rows.length * (chart.stacked ? 28 : 12 + 17 * chart.columns.length),
  columns: () => 270, intervals: (rows) => 50 + 34 * rows.length, matrix: (rows) => 100 + 36 * new Set(rows.map((row) => row[0])).size,
};
let current = "";
const rowsOf = (name) => data.rows[name][data.whole.includes(name) ? "" : current] || [];
const drawAll = () => {
  for (const [name, chart] of Object.entries(data.charts)) {
    let rows = rowsOf(name);
    if (chart.kind === "bars") rows = rows.slice(0, BARS);
    const some = rows.some((row) => chart.columns.some((place) => row[place]));
    draw(name, some ? { bars, columns, intervals, matrix }[chart.kind](name, rows, chart) : null, some ? heights[chart.kind](rows, chart) : 0);
  }
};
const show = (dealer) => {
  current = dealer;
  document.querySelectorAll("[data-scope]").forEach((node) => {
    node.textContent = dealer; node.hidden = !dealer || ["campaigns", "segments", "method"].includes(node.closest("section").id);
  });
  document.querySelectorAll("[data-whole]").forEach((node) => { node.hidden = !dealer; });
  for (const [name, found] of Object.entries(data.rows)) if (document.querySelector(`table[data-table="${name}"]`) && !data.whole.includes(name)) fill(name, found[dealer] || []);
  document.querySelector("[data-headline]").textContent = data.said[dealer][0];
  document.querySelector("[data-summary]").replaceChildren(...data.said[dealer].slice(1).map((line) => make("li", "", line)));
  document.querySelectorAll("[data-figures] .figure").forEach((node, place) => {
    const [value, note] = data.figures[dealer][place];
    node.querySelector(".is").textContent = value; node.querySelector(".note").textContent = note;
  });
  document.querySelectorAll("[data-facts]").forEach((list) => list.replaceChildren(...data.facts[list.dataset.facts][dealer].map(([label, value]) => { const pair = make("div"); pair.append(make("dt", "", label), make("dd", "", value)); return pair; })));
  drawAll();
};

begin(drawAll, show);
