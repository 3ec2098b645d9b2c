'use strict';
// flameGraph draws a tree of {n: name, m: module, k: kind of code, v: value, s: value of itself, b: value to compare with,
// c: children} on a canvas, to be zoomed by a click and searched. Names come from outside: they are only ever set as text.
const flameGraph = (() => {
  // ---- numbers for people
  const trim = (v) => (v >= 100 ? v.toFixed(0) : v >= 10 ? v.toFixed(1) : v.toFixed(2)).replace(/\.0+$/, '');
  function num(v) {
    if (!v) return '0';
    const a = Math.abs(v);
    if (a >= 1e9) return trim(v / 1e9) + ' G';
    if (a >= 1e6) return trim(v / 1e6) + ' M';
    if (a >= 1e4) return trim(v / 1e3) + ' k';
    return Number.isInteger(v) ? String(v) : trim(v);
  }
  function bytes(v) {
    for (const u of ['B', 'KiB', 'MiB', 'GiB']) {
      if (Math.abs(v) < 1024) return (u === 'B' && Number.isInteger(v) ? v : trim(v)) + ' ' + u;
      v /= 1024;
    }
    return trim(v) + ' TiB';
  }
  function seconds(v) {
    if (v >= 86400) return trim(v / 86400) + ' d';
    if (v >= 3600) return trim(v / 3600) + ' h';
    if (v >= 60) return trim(v / 60) + ' min';
    return v >= 1 || v === 0 ? trim(v) + ' s' : trim(v * 1000) + ' ms';
  }
  const percent = (v) => (v * 100).toFixed(v >= 0.0995 ? 1 : 2) + ' %';
  function amount(v, unit) {
    if (unit === 'bytes') return bytes(v);
    if (unit === 'nanoseconds') return seconds(v / 1e9);
    return num(v) + (unit === 'count' ? '' : ' ' + unit);
  }
  const short = (name) => {
    // github.com/org/repo/pkg.(*T).Method<...> reads as pkg.(*T).Method
    const cut = name.search(/[<[({ ]/);
    const head = cut > 0 ? name.slice(0, cut) : name;
    return name.slice(head.lastIndexOf('/') + 1);
  };

  const rowHeight = 19;

  // create draws on parts.canvas within parts.box; parts.detail, search and reset are what belongs to it on the page, and
  // parts.dark is the query for dark colours. parts.hues, if given, maps kinds of code to hues.
  function create(parts) {
    const { canvas, box, detail, search, reset, dark, hues } = parts;
    const flame = { root: null, zoom: null, rects: [], total: 0, unit: '', needle: '', compare: false };

    function link(node, parent, depth) {
      node.p = parent;
      node.d = depth;
      for (const c of node.c || []) link(c, node, depth + 1);
    }
    function zoomPath() {
      const path = [];
      for (let n = flame.zoom; n && n.p; n = n.p) path.unshift(n);
      return path;
    }
    // follow zooms to where the view was before a refresh, as far as it still exists.
    function follow(path) {
      for (const step of path) {
        const next = (flame.zoom.c || []).find((c) => c.n === step.n && c.m === step.m);
        if (!next) break;
        flame.zoom = next;
      }
      reset.disabled = flame.zoom === flame.root;
    }

    // Colours: a kind of code has its hue, or else a module; kernel frames are blue and services grey, so that the eye
    // parts them. Compared with another profile, what grew is red and what shrank is blue.
    const colours = new Map();
    function moduleHue(key) {
      let hue = colours.get(key);
      if (hue === undefined) {
        let h = 7;
        for (const c of key) h = (h * 31 + c.codePointAt(0)) >>> 0;
        hue = /^\[?(kernel|vmlinux|guest\.kernel)/.test(key) ? 212 : key === '' ? -1 : (h * 47) % 150 + (h % 2 ? 0 : 130);
        if (hue > 190 && hue < 235 && !/kernel|vmlinux/.test(key)) hue += 45;
        colours.set(key, hue);
      }
      return hue;
    }
    function colour(n) {
      const shade = (n.d % 3) * 3;
      if (flame.compare) {
        const change = (n.v - (n.b || 0)) / Math.max(n.v, n.b || 0, 1);
        const strength = Math.min(1, Math.abs(change) * 1.5);
        return dark.matches ? `hsl(${change > 0 ? 4 : 215} ${65 * strength}% ${31 + shade}%)` : `hsl(${change > 0 ? 4 : 215} ${85 * strength}% ${80 - shade}%)`;
      }
      const hue = n.p === null ? -1 : hues ? (hues[n.k] === undefined ? -1 : hues[n.k]) : moduleHue(n.m || '');
      if (hue < 0) return dark.matches ? `hsl(215 12% ${30 + shade}%)` : `hsl(215 16% ${84 - shade}%)`;
      return dark.matches ? `hsl(${hue} 38% ${31 + shade}%)` : `hsl(${hue} 62% ${80 - shade}%)`;
    }

    const matches = (n) => flame.needle !== '' && n.n.toLowerCase().includes(flame.needle);

    function draw() {
      const width = box.clientWidth;
      if (!flame.root || !width) return;
      const rects = [];
      const place = (n, x, w, d) => {
        if (w < 0.4) return;
        rects.push({ n, x, w, d });
        let at = x;
        for (const c of n.c || []) {
          const cw = w * c.v / n.v;
          place(c, at, cw, d + 1);
          at += cw;
        }
      };
      const above = [];
      for (let n = flame.zoom.p; n; n = n.p) above.unshift(n);
      above.forEach((n, d) => rects.push({ n, x: 0, w: width, d, above: true }));
      if (flame.zoom.v > 0) place(flame.zoom, 0, width, above.length);
      const rows = rects.reduce((m, r) => Math.max(m, r.d), 0) + 1;
      const scale = devicePixelRatio || 1;
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(rows * rowHeight * scale);
      canvas.style.height = rows * rowHeight + 'px';
      const g = canvas.getContext('2d');
      const style = getComputedStyle(document.documentElement);
      g.scale(scale, scale);
      g.font = '12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace';
      g.textBaseline = 'middle';
      const letter = g.measureText('m').width;
      const ink = style.getPropertyValue('--ink');
      const mark = style.getPropertyValue('--mark');
      let found = 0;
      for (const r of rects) {
        const y = r.d * rowHeight;
        const hit = matches(r.n);
        g.globalAlpha = r.above ? 0.55 : 1;
        g.fillStyle = hit ? mark : colour(r.n);
        g.fillRect(r.x, y, Math.max(r.w - (r.w > 3 ? 1 : 0), 0.4), rowHeight - 1);
        const room = Math.floor((r.w - 8) / letter);
        if (room >= 3) {
          const name = short(r.n.n);
          g.fillStyle = hit ? (dark.matches ? '#000' : '#fff') : ink;
          g.fillText(name.length > room ? name.slice(0, room - 1) + '…' : name, r.x + 4, y + rowHeight / 2);
        }
        if (hit && !r.above && !covered(r.n)) found += r.n.v;
      }
      g.globalAlpha = 1;
      flame.rects = rects;
      if (flame.needle) detail.textContent = found ? 'Found: ' + percent(found / flame.total) + ' of all, ' + amount(found, flame.unit) + '.' : 'Nothing found here.';
    }
    // covered: a match below another match within the view is counted with it.
    function covered(n) {
      for (let p = n; p !== flame.zoom; ) {
        p = p.p;
        if (!p) return false;
        if (matches(p)) return true;
      }
      return false;
    }

    function at(event) {
      const area = canvas.getBoundingClientRect();
      const x = event.clientX - area.left;
      const d = Math.floor((event.clientY - area.top) / rowHeight);
      return flame.rects.find((r) => r.d === d && x >= r.x && x < r.x + Math.max(r.w, 1));
    }
    function describe(n) {
      const parts = [n.n + (n.m ? ' (' + n.m + ')' : ''), percent(n.v / flame.total) + ' of all, ' + amount(n.v, flame.unit)];
      if (n.s) parts.push('itself ' + percent(n.s / flame.total));
      if (flame.zoom.p && n.v <= flame.zoom.v) parts.push(percent(n.v / flame.zoom.v) + ' of the zoomed frame');
      if (flame.compare) parts.push((n.v >= (n.b || 0) ? '+' : '−') + amount(Math.abs(n.v - (n.b || 0)), flame.unit) + ' against ' + amount(n.b || 0, flame.unit));
      detail.textContent = parts.join(' — ');
    }
    function zoom(n) {
      flame.zoom = n;
      reset.disabled = n === flame.root;
      draw();
      if (!flame.needle) describe(n);
    }
    function find(name) {
      search.value = name;
      flame.needle = name.toLowerCase();
      zoom(flame.root);
      box.scrollIntoView({ block: 'nearest' });
    }
    // show takes {root, total, unit, compare}, and stays where the view was.
    function show(data) {
      const path = zoomPath();
      link(data.root, null, 0);
      Object.assign(flame, { root: data.root, total: data.total, unit: data.unit, zoom: data.root, compare: !!data.compare });
      follow(path);
      draw();
    }

    canvas.onclick = (e) => { const r = at(e); if (r) { zoom(r.n); describe(r.n); } };
    canvas.onmousemove = (e) => { const r = at(e); canvas.title = r ? r.n.n : ''; if (r) describe(r.n); };
    reset.onclick = () => zoom(flame.root);
    search.oninput = (e) => {
      flame.needle = e.target.value.trim().toLowerCase();
      draw();
      if (!flame.needle && flame.zoom) describe(flame.zoom);
    };
    addEventListener('resize', draw);
    dark.addEventListener('change', draw);
    return { show, find };
  }

  return { short, trim, num, bytes, seconds, percent, amount, create };
})();
