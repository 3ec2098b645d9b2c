(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($('data').textContent);
  const graph = flameGraph.create({
    canvas: $('flame'), box: $('flame-box'), detail: $('detail'), search: $('search'), reset: $('reset'),
    dark: matchMedia('(prefers-color-scheme: dark)'), hues: data.hues,
  });
  $('controls').onsubmit = (e) => e.preventDefault();
  const entries = data.compare ? [['more', 4], ['less', 215]] : data.legend.map((k) => [k, data.hues[k]]);
  for (const [name, hue] of entries) {
    const s = document.createElement('span');
    s.style.setProperty('--c', `hsl(${hue} 55% 65%)`);
    s.textContent = name;
    $('legend').append(s);
  }
  graph.show(data);
})();
