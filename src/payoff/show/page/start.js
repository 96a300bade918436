for (const figure of document.querySelectorAll(".figure")) {
  const { data, layout } = JSON.parse(figure.querySelector("script").textContent);
  Plotly.newPlot(figure.querySelector(".plot"), data, layout, { responsive: true, displayModeBar: false });
}
