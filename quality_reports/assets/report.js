// The before/after page.
const trend = (rows) => {
  if (rows.length < 2) return null;
  const names = data.columns.trend;
  const lines = [[4, "dashed", "emptyCircle", colour.before], [6, "solid", "circle", colour.after], [7, "dotted", "triangle", colour.warm], [8, "solid", "diamond", "#3b5fa8"]];
  return {
    ...base(),
    legend: { top: 0, left: 0, itemWidth: 26, textStyle: { color: colour.soft, fontSize: 13 } },
    grid: { left: 4, right: 16, top: phone.matches ? 64 : 40, bottom: 4, containLabel: true },
    tooltip: { ...base().tooltip, trigger: "axis", formatter: (list) => `<b>${escaped(list[0].name)}</b>` + list.map((p) => `<br>${p.marker}${escaped(p.seriesName)} <b>${number(p.value, names[lines[p.seriesIndex][0]][2])}</b>`).join("") },
    xAxis: { ...axisStyle, type: "category", boundaryGap: false, data: rows.map((r) => r[0]), axisLabel: { ...axisStyle.axisLabel, hideOverlap: true, alignMinLabel: "left", alignMaxLabel: "right" } },
    yAxis: { ...axisStyle, type: "value", min: (v) => Math.max(0, Math.floor(v.min / 10) * 10), max: 100 },
    series: lines.map(([column, type, symbol, fill]) => ({ name: names[column][1], type: "line", symbol, symbolSize: 8, showSymbol: rows.length < 60, lineStyle: { type, width: 2.5, color: fill }, itemStyle: { color: fill }, data: rows.map((r) => r[column]) })),
  };
};

const figures = (list) => list.map((f) => {
  const box = make("div", "figure"), pair = make("p", "pair"), note = make("p", "note");
  const value = (className, label, text) => { const span = make("span", className), hidden = make("span", "sr", label); span.append(hidden, " " + text); return span; };
  pair.append(value("was", words.before, f.before), make("span", "arrow", "→"), value("is", words.after, f.after));
  note.append(make("span", "gain", f.change), " " + f.note);
  box.append(make("h3", "", f.label), pair, note);
  return box;
});

let current = "";
const drawAll = () => {
  const tables = data.scopes[current].tables;
  draw("dimensions", dumbbell(tables.dimensions.map((r) => ({ name: r[0], before: r[1], after: r[2] })), "%"));
  draw("reach", dumbbell(tables.reach.map((r) => ({ name: r[0], before: r[3], after: r[4], wasCount: number(r[1], "int"), isCount: number(r[2], "int") })), "%"));
  draw("fields", dumbbell(tables.fields.map((r) => ({ name: r[0], before: r[6], after: r[7], wasCount: number(r[3], "int"), isCount: number(r[4], "int") })), "%"), 60 + 28 * tables.fields.length);
  draw("problems", problems(tables.problems), 70 + 26 * Math.min(12, tables.problems.length));
  draw("duplicates", buckets(tables.buckets));
  if (document.getElementById("chart-dealers")) draw("dealers", dumbbell(data.dealers.slice(0, 30).map((r) => ({ name: r[0], before: r[3], after: r[4] })), ""));
  if (document.getElementById("chart-trend")) draw("trend", trend(data.trend));
};
const full = [...document.querySelectorAll("[data-summary] li")].map((line) => line.textContent);
const show = (dealer) => {
  current = dealer;
  const scope = data.scopes[dealer];
  for (const [name, rows] of Object.entries(scope.tables)) fill(name, name === "problems" ? rows.map((r) => [...r, ...data.advice[r[0]]]) : rows);
  document.querySelectorAll("[data-scope]").forEach((node) => {
    const section = node.closest("section");
    node.textContent = dealer; node.hidden = !dealer || ["dealers", "sources", "trend", "files", "method"].includes(section.id);
  });
  document.querySelector("[data-headline]").textContent = scope.summary[0];
  document.querySelector("[data-summary]").replaceChildren(...(dealer ? scope.summary.slice(1) : full).map((line) => make("li", "", line)));
  document.querySelector("[data-figures]").replaceChildren(...figures(scope.figures));
  document.querySelector("[data-facts]").replaceChildren(...scope.facts.map(([label, value]) => { const pair = make("div"); pair.append(make("dt", "", label), make("dd", "", value)); return pair; }));
  document.querySelectorAll("[data-scores] .gauge").forEach((node, place) => {
    node.querySelector(".value").textContent = number(scope.score[place], "score");
    node.querySelector(".fill").style.width = (scope.score[place] || 0) + "%";
  });
  drawAll();
};

begin(drawAll, show);
