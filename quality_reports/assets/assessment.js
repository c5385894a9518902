// The assessment page: one or two bars an item, in percent.
const bars = (rows, series) => {
  if (!rows.length) return null;
  const small = phone.matches;
  const hatch = { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 3], rotation: Math.PI / 4, color: "rgba(255,255,255,.6)" };
  return {
    ...base(),
    legend: series.length > 1 ? { top: 0, left: 0, itemWidth: 14, itemHeight: 10, textStyle: { color: colour.soft, fontSize: 13 } } : undefined,
    grid: { left: 4, right: small ? 52 : 60, top: series.length > 1 ? 34 : 8, bottom: 4, containLabel: true },
    tooltip: { ...base().tooltip, trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: "rgba(11,107,107,.06)" } },
      formatter: (list) => `<b>${escaped(rows[list[0].dataIndex][0])}</b>` + series.map(([name, column]) => `<br>${escaped(name)} <b>${number(rows[list[0].dataIndex][column], "pct")}</b>`).join("") },
    xAxis: { ...axisStyle, type: "value", min: 0, max: 100, interval: small ? 50 : 25, axisLabel: { ...axisStyle.axisLabel, formatter: "{value}%" } },
    yAxis: { ...axisStyle, type: "category", inverse: true, data: rows.map((r) => r[0]), axisLabel: { ...axisStyle.axisLabel, color: colour.ink, formatter: (text) => cut(text, small ? narrow : 18) }, splitLine: { show: false } },
    series: series.map(([name, column], place) => ({
      name, type: "bar", barMaxWidth: 13, barGap: "15%", data: rows.map((r) => r[column]),
      itemStyle: place < series.length - 1 ? { color: colour.before, decal: hatch } : { color: colour.after },
      label: { show: place === series.length - 1, position: "right", color: colour.ink, fontSize: 12.5, formatter: (p) => number(p.value, "pct") },
    })),
  };
};

let current = "";
const drawAll = () => {
  const tables = data.scopes[current].tables;
  draw("dimensions", bars(tables.assessed_dimensions, [[words.share, 1]]));
  draw("fields", bars(tables.assessed_fields, [[words.filled, 3], [words.usable, 5]]), 70 + 36 * tables.assessed_fields.length);
  draw("problems", problems(tables.assessed_problems), 70 + 26 * Math.min(12, tables.assessed_problems.length));
  draw("duplicates", buckets(tables.buckets));
};
const show = (dealer) => {
  current = dealer;
  const scope = data.scopes[dealer];
  for (const [name, rows] of Object.entries(scope.tables)) fill(name, name === "assessed_problems" ? rows.map((r) => [...r, ...data.advice[r[0]]]) : rows);
  document.querySelectorAll("[data-scope]").forEach((node) => {
    node.textContent = dealer; node.hidden = !dealer || ["dealers", "sources", "method"].includes(node.closest("section").id);
  });
  document.querySelector("[data-headline]").textContent = scope.said[0];
  document.querySelector("[data-summary]").replaceChildren(...scope.said.slice(1).map((line) => make("li", "", line)));
  document.querySelector("[data-facts]").replaceChildren(...scope.facts.map(([label, value]) => { const pair = make("div"); pair.append(make("dt", "", label), make("dd", "", value)); return pair; }));
  document.querySelector("[data-score]").textContent = number(scope.score, "score");
  document.querySelector(".gauge .fill").style.width = (scope.score || 0) + "%";
  drawAll();
};

begin(drawAll, show);
