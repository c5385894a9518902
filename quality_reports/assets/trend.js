// The trend page: small charts with control limits; a diamond is a signal, whatever its colour.
// an axis spans at least this much, lest noise look like growth, and nothing that cannot be
const least = { int: 4, ratio: 0.1, pct: 1, score: 1 };
const control = (points, kind) => {
  if (!points || !points.some((p) => p[0] !== null)) return null;
  const dates = data.runs;
  const lines = (place) => points.map((p) => p[place]);
  const dashed = { type: "line", symbol: "none", silent: true, lineStyle: { type: "dashed", width: 1.2, color: colour.before }, z: 2 };
  const known = points.flatMap((p) => [p[0], p[1], p[2]]).filter((v) => v !== null);
  const low = Math.min(...known), high = Math.max(...known), room = Math.max((high - low) * 0.12, (least[kind] - (high - low)) / 2);
  const bottom = Math.max(low - room, 0), top = kind === "pct" || kind === "score" ? Math.min(high + room, 100) : high + room;
  const span = top - bottom;
  const digits = span > 20 ? 0 : span > 2 ? 1 : 2;
  const tip = (list) => {
    const [value, from, to, alarm] = points[list[0].dataIndex];
    return `<b>${escaped(dates[list[0].dataIndex])}</b><br>${escaped(words.value)} <b>${number(value, kind)}</b>` + (from === null ? "" : `<br>${escaped(words.limits)} ${number(from, kind)} … ${number(to, kind)}`) + (alarm ? `<br><b>◆ ${escaped(words[alarm])}</b>` : "");
  };
  return {
    ...base(),
    grid: { left: 2, right: 10, top: 12, bottom: 2, containLabel: true },
    tooltip: { ...base().tooltip, trigger: "axis", formatter: tip },
    xAxis: { ...axisStyle, type: "category", boundaryGap: dates.length < 2, data: dates, splitLine: { show: false }, axisLabel: { ...axisStyle.axisLabel, fontSize: 11, interval: Math.max(0, dates.length - 2), formatter: (text) => text.slice(5), alignMinLabel: "left", alignMaxLabel: "right" } },
    yAxis: { ...axisStyle, type: "value", min: bottom, max: top, interval: span / 2, axisLabel: { ...axisStyle.axisLabel, fontSize: 11, formatter: (v) => (kind === "int" ? whole.format(v) : v.toFixed(digits)).replace("-", "\u2212") } },
    series: [
      { ...dashed, data: lines(1) }, { ...dashed, data: lines(2) },
      { type: "line", symbol: "circle", symbolSize: 5, showSymbol: dates.length < 40, connectNulls: true, lineStyle: { width: 2, color: colour.after }, itemStyle: { color: colour.after }, data: lines(0), z: 3 },
      { type: "scatter", symbol: "diamond", symbolSize: 14, itemStyle: { color: colour.warm, borderColor: "#fff", borderWidth: 1 }, data: points.map((p) => (p[3] ? p[0] : null)), z: 5 },
    ],
  };
};

let current = "";
const drawAll = () => {
  document.querySelectorAll(".chart").forEach((node) => {
    const key = node.id.slice("chart-".length);
    draw(key, control(data.series[current][key], data.kinds[key]));
  });
};
const show = (dealer) => {
  current = dealer;
  document.querySelectorAll("[data-scope]").forEach((node) => {
    node.textContent = dealer; node.hidden = !dealer || ["gates", "method"].includes(node.closest("section").id);
  });
  document.querySelectorAll("[data-latest]").forEach((node) => {
    const points = data.series[dealer][node.dataset.latest] || [];
    node.textContent = number(points.length ? points[points.length - 1][0] : null, data.kinds[node.dataset.latest]);
  });
  const name = dealer || null;
  document.querySelectorAll('table[data-table="alarms"] tbody tr').forEach((row) => { row.hidden = name !== null && row.cells.length > 1 && row.cells[1].textContent !== name; });
  drawAll();
};

begin(drawAll, show);
