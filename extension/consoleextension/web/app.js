'use strict';
(() => {
  const $ = (id) => document.getElementById(id);
  const dark = matchMedia('(prefers-color-scheme: dark)');

  // Names come from outside: they are only ever set as text.
  function el(tag, attrs, ...children) {
    const e = document.createElement(tag);
    for (const [k, v] of Object.entries(attrs || {})) {
      if (k === 'width') e.style.width = v;
      else if (k === 'onclick') e.onclick = v;
      else e.setAttribute(k, v);
    }
    e.append(...children.filter((c) => c !== null && c !== undefined));
    return e;
  }
  const fill = (id, ...children) => $(id).replaceChildren(...children);

  const { short, trim, num, bytes, seconds, percent, amount } = flameGraph;
  function ago(iso) {
    const s = (Date.now() - new Date(iso)) / 1000;
    return s < 60 ? 'less than a minute ago' : seconds(s) + ' ago';
  }

  async function get(path) {
    const r = await fetch(path, { headers: { Accept: 'application/json' } });
    const body = await r.json();
    if (!r.ok) throw Object.assign(new Error(body.error || r.statusText), { status: r.status });
    return body;
  }

  // ---- figures
  const kinds = [['spans', 'traces', 'spans'], ['metric_points', 'metrics', 'points'], ['log_records', 'logs', 'records'], ['profile_samples', 'profiles', 'samples']];
  // stallAfter is for how many seconds an exporter may have something to send and send nothing: two looks.
  const stallAfter = 10;
  let last = null;

  // rate returns the growth per second since the summary before, null when there is none.
  function rate(now, pick) {
    if (!last || now.collector.uptime_seconds < last.collector.uptime_seconds) return null;
    const dt = (new Date(now.time) - new Date(last.time)) / 1000;
    return dt > 0 ? Math.max(0, pick(now) - pick(last)) / dt : null;
  }
  const perSecond = (r) => (r === null ? '' : num(r >= 10 ? Math.round(r) : r) + ' /s');

  function tile(label, value, note, cls) {
    const b = el('b', cls ? { class: cls, title: value } : {}, value);
    return el('div', { class: 'tile' }, el('span', {}, label), b, el('small', {}, note || ''));
  }

  // flows shows each component by itself: where agent and gateway are one process, the sum would count every span twice.
  function flows(s, label, part) {
    if (!s.metrics.configured || s.metrics.error) return [tile(label, '–')];
    const used = s[part].filter((x) => x.ok.spans > 0);
    if (!used.length) return [tile(label, '0')];
    return used.map((x) => tile(label + (used.length > 1 ? ' · ' + x.name : ''), num(x.ok.spans), perSecond(rate(s, (t) => named(t[part], x.name).ok.spans || 0))));
  }
  const named = (list, name) => list.find((x) => x.name === name) || { ok: {}, refused: {} };

  function tiles(s) {
    const known = s.metrics.configured && !s.metrics.error;
    const out = [...flows(s, 'spans in', 'receivers'), ...flows(s, 'spans out', 'exporters')];
    if (s.duplicate_spans > 0) out.push(tile('duplicates dropped', num(s.duplicate_spans), 'spans that had been delivered before'));
    const zipped = s.savings.map((x) => ({ ...x, traces: x.signals.find((y) => y.signal === 'traces') })).filter((x) => x.traces && x.spans > 0);
    for (const x of zipped) {
      const perSpan = x.traces.wire_bytes / x.spans;
      out.push(tile('bytes per span' + (zipped.length > 1 ? ' · ' + x.exporter : ''), trim(perSpan),
        x.traces.otlp_bytes > 0 ? 'uncompressed OTLP ' + trim(x.traces.otlp_bytes / x.spans) + ', ' + trim(x.traces.otlp_bytes / x.traces.wire_bytes) + ' times as many' : ''));
    }
    if (!zipped.length) out.push(tile('bytes per span', '–', known ? 'no span was sent by otlpzip' : ''));
    const found = s.repairs.findings.reduce((n, f) => n + f.count, 0);
    out.push(tile('attributes repaired', s.repairs.available ? num(s.repairs.total) : '–', s.repairs.available ? num(found) + ' findings' : known ? 'no semconv processor' : ''));
    if (hottest) out.push(tile('hottest function', short(hottest.name), percent(hottest.flat_share) + ' ' + hottest.module, 'name'));
    fill('tiles', ...out);
  }

  // counters is the table of receivers or exporters; more are further columns, [head, unit, cell of a row].
  function counters(title, list, verb, part, ...more) {
    if (!list.length) return el('p', { class: 'muted' }, 'No ' + title.toLowerCase() + ' has counted anything yet.');
    const used = kinds.filter(([k]) => list.some((x) => x.ok[k] || x.refused[k]));
    const shown = used.length ? used : kinds.slice(0, 1);
    const head = el('tr', {}, el('th', { class: 'l' }, title), ...shown.map(([, n, unit]) => el('th', {}, n, el('small', {}, unit))), el('th', {}, verb), ...more.map(([name, unit]) => el('th', {}, name, el('small', {}, unit))));
    const losses = (x) => kinds.reduce((n, [k]) => n + (x.refused[k] || 0), 0);
    const rows = list.map((x) => {
      const lost = losses(x);
      const before = (s) => named(s[part], x.name);
      return el('tr', {}, el('td', { class: 'l' }, x.name),
        ...shown.map(([k]) => {
          const v = x.ok[k];
          if (v === undefined) return el('td', { class: 'zero' }, '–');
          return el('td', v ? {} : { class: 'zero' }, num(v), el('small', {}, perSecond(current && rate(current, (s) => before(s).ok[k] || 0))));
        }),
        el('td', { class: lost ? 'bad' : 'zero' }, num(lost), lost ? el('small', {}, perSecond(current && rate(current, (s) => losses(before(s))))) : null),
        ...more.map(([, , cell]) => cell(x)));
    });
    return el('div', { class: 'scroll' }, el('table', {}, head, ...rows));
  }

  // waits is how much an exporter has to send; a queue counts what is being sent until it has arrived.
  const waits = (x) => Math.max(x.queue, x.in_flight);
  function waiting(x) {
    const n = waits(x);
    return el('td', { class: stalled(x) ? 'bad' : n ? '' : 'zero' }, num(n), x.queue_capacity ? el('small', {}, 'of ' + num(x.queue_capacity)) : null);
  }
  const lastSent = (x) => el('td', { class: stalled(x) ? 'bad' : 'zero' }, x.last_sent ? ago(x.last_sent) : 'not seen');
  const stalled = (x) => x.stalled_seconds >= stallAfter;

  // outages says which exporters have stopped delivering.
  function outages(s) {
    const bad = s.exporters.filter(stalled);
    $('outages').hidden = !bad.length;
    fill('outages', ...bad.map((x) => el('p', {}, el('b', {}, x.name), ' has sent nothing for at least ' + seconds(Math.round(x.stalled_seconds)) + ' while ' + num(waits(x)) +
      (x.queue_capacity ? ' of at most ' + num(x.queue_capacity) : '') + ' wait: its peer is away or refuses. The log says why.')));
    return bad.length;
  }

  function savings(s) {
    if (!s.savings.length) {
      return fill('savings', el('p', { class: 'muted' }, 'Nothing was sent by an otlpzip exporter yet.'));
    }
    fill('savings', ...s.savings.map((x) => el('div', { class: 'bars' }, s.savings.length > 1 ? el('h3', {}, x.exporter) : null, ...x.signals.map(signalSavings), savingsNote(x))));
  }

  function signalSavings(x) {
    const box = el('div', {}, el('div', { class: 'barline' }, el('b', {}, x.signal),
      el('span', {}, x.otlp_bytes > 0 ? percent(1 - x.wire_bytes / x.otlp_bytes) + ' saved against uncompressed OTLP' : bytes(x.wire_bytes))));
    if (x.otlp_bytes > 0) {
      const most = Math.max(x.otlp_bytes, x.wire_bytes);
      for (const [cls, label, v] of [['otlp', 'as uncompressed OTLP', x.otlp_bytes], ['wire', 'on the wire', x.wire_bytes]]) {
        box.append(el('div', { class: 'barline' }, el('span', { class: 'muted' }, label), el('span', {}, bytes(v))),
          el('div', { class: 'bar ' + cls, width: 100 * v / most + '%' }));
      }
    }
    return box;
  }

  function savingsNote(x) {
    const t = x.signals.find((y) => y.signal === 'traces');
    if (!t || !x.spans) return null;
    return el('p', { class: 'muted' }, num(x.spans) + ' spans: ' + trim(t.wire_bytes / x.spans) + ' bytes each on the wire' +
      (t.otlp_bytes > 0 ? ', ' + trim(t.otlp_bytes / x.spans) + ' as uncompressed OTLP' : '') + '. ' +
      (x.sample ? 'Against OTLP with zstd, in the frame looked into last: ' + trim(x.sample.wire_bytes_per_span) + ' bytes a span where that takes ' + trim(x.sample.otlp_zstd_bytes_per_span) +
        ', ' + percent(1 - x.sample.wire_bytes_per_span / x.sample.otlp_zstd_bytes_per_span) + ' saved.'
        : 'Against OTLP with zstd the saving is smaller; zip::report_interval measures it.'));
  }

  const words = (s) => s.replaceAll('_', ' ');
  function repairs(s) {
    const r = s.repairs;
    if (!r.available) return fill('repairs', el('p', { class: 'muted' }, 'No semconv processor has seen anything yet.'));
    const out = [];
    if (r.ops.length) out.push(el('div', { class: 'chips' }, ...r.ops.map((o) => el('span', { class: 'chip' }, words(o.name) + ' ', el('b', {}, num(o.count))))));
    if (r.findings.length) {
      const head = el('tr', {}, el('th', { class: 'l' }, 'finding'), el('th', { class: 'l' }, 'area'), el('th', { class: 'l wide' }, 'in'), el('th', { class: 'l wide' }, 'level'), el('th', {}, 'count'));
      out.push(el('div', { class: 'scroll' }, el('table', {}, head, ...r.findings.slice(0, 20).map((f) => el('tr', {},
        el('td', { class: 'l' }, words(f.rule)), el('td', { class: 'l' }, f.area), el('td', { class: 'l wide' }, words(f.signal)),
        el('td', { class: 'l wide' }, el('span', { class: 'level ' + (f.level === 'violation' ? 'violation' : '') }, f.level)), el('td', {}, num(f.count)))))));
      if (r.findings.length > 20) out.push(el('p', { class: 'muted' }, 'and ' + (r.findings.length - 20) + ' smaller ones'));
    } else {
      out.push(el('p', { class: 'muted' }, 'No findings: all attributes follow the conventions.'));
    }
    fill('repairs', ...out);
  }

  const metricsYAML = 'extensions:\n  console:\n    metrics_endpoint: http://127.0.0.1:8888/metrics\nservice:\n  telemetry:\n    metrics:\n      readers:\n        - pull: {exporter: {prometheus: {host: 127.0.0.1, port: 8888}}}';
  const profilesYAML = 'exporters:\n  pprof:\n    directory: profiles\nextensions:\n  console:\n    profiles_directory: profiles';

  function help(id, text, error, yaml) {
    $(id).hidden = !text;
    if (text) fill(id, el('p', {}, text), ...(error ? [el('p', { class: 'muted' }, error)] : []), el('pre', {}, yaml));
  }

  let current = null;
  let hottest = null;
  async function refresh() {
    try {
      const s = await get('/api/summary');
      current = s;
      const c = s.collector;
      $('about').textContent = [c.name !== 'otelcol-plus' ? c.name : '', c.version, c.uptime_seconds ? 'up ' + seconds(c.uptime_seconds) : '',
        c.rss_bytes ? bytes(c.rss_bytes) + ' resident' : '', c.uptime_seconds ? percent(c.cpu_seconds / c.uptime_seconds) + ' of a CPU' : ''].filter(Boolean).join(' · ');
      tiles(s);
      help('metrics-help', !s.metrics.configured ? 'The console does not know where the collector serves its own metrics. Set:' :
        s.metrics.error ? 'The collector’s own metrics cannot be read, so there are no figures here. They need:' : '', s.metrics.error, metricsYAML);
      const have = s.metrics.configured && !s.metrics.error;
      $('pipelines').hidden = !have;
      if (have) fill('pipelines', counters('Receiver', s.receivers, 'refused', 'receivers'), counters('Exporter', s.exporters, 'failed', 'exporters',
        ['waiting', 'queue', waiting], ['last sent', 'as seen here', lastSent]));
      const away = outages(s);
      savings(s);
      repairs(s);
      profilesHelp(s.profiles);
      $('state').textContent = (away ? 'not delivering · ' : '') + 'updated ' + new Date(s.time).toLocaleTimeString();
      $('state').className = away ? 'state bad' : 'state';
      last = s;
    } catch (e) {
      $('state').textContent = 'The collector does not answer: ' + e.message;
      $('state').className = 'state bad';
    }
  }

  function profilesHelp(p) {
    let text = '';
    if (!p.configured) text = 'The console does not know where profiles are written. Set:';
    else if (p.error) text = 'There is no profile yet: the directory cannot be read. A pprof exporter in a profiles pipeline writes it:';
    else if (!p.newest) text = 'There is no profile yet in ' + p.from + '. The first one comes after the flush interval of the profiling receiver.';
    help('profiles-help', text, p.error, profilesYAML);
    if (!text && $('profiles-body').hidden) { $('profiles-body').hidden = false; loadProfiles(); }
    if (text) $('profiles-body').hidden = true;
  }

  // ---- profiles
  const graph = flameGraph.create({ canvas: $('flame'), box: $('flame-box'), detail: $('detail'), search: $('search'), reset: $('reset'), dark });

  function options(select, values, all) {
    const keep = select.value;
    const list = (all ? [['', all]] : []).concat(values.map((v) => [v, v]));
    select.replaceChildren(...list.map(([v, t]) => el('option', { value: v }, t)));
    if (list.some(([v]) => v === keep)) select.value = keep;
  }

  let loading = 0;
  async function loadProfiles() {
    const turn = ++loading;
    const q = new URLSearchParams({ service: $('service').value, type: $('type').value, span: $('span').value });
    try {
      const [top, answer] = [await get('/api/top?n=30&' + q), await get('/api/flame?' + q)];
      if (turn !== loading) return; // another selection was made meanwhile
      options($('service'), answer.services, 'all services');
      options($('type'), answer.types);
      $('type').value = answer.type;
      $('selection').textContent = answer.total
        ? amount(answer.total, answer.unit) + ' ' + answer.type + ' in ' + answer.files + ' files, newest window ' + ago(answer.to) +
          (answer.skipped ? '; ' + answer.skipped + ' files left out' : '') + (answer.hidden ? '; ' + num(answer.hidden) + ' frames too small to show' : '')
        : 'Nothing was measured in this selection.';
      table(top);
      answer.root.n = answer.service || 'all';
      graph.show(answer);
      if (!$('service').value) hottest = top.functions[0] || null;
      if (current) tiles(current);
    } catch (e) {
      if (turn === loading) $('selection').textContent = e.message;
    }
  }

  function table(top) {
    const head = el('tr', {}, el('th', { class: 'l' }, 'function'), el('th', { class: 'l wide' }, 'in'), el('th', {}, 'self'), el('th', { title: 'itself and what it called' }, 'total'), el('th', { class: 'wide' }, 'self, ' + (top.unit === 'count' ? top.type : top.unit)));
    fill('top', el('table', {}, head, ...top.functions.filter((f) => f.flat > 0).map((f) => el('tr', {},
      el('td', { class: 'fn' }, el('button', { type: 'button', title: f.name, onclick: () => graph.find(f.name) }, short(f.name))),
      el('td', { class: 'l wide' }, f.module || '–'),
      el('td', {}, percent(f.flat_share), el('span', { class: 'share wide' }, el('i', { width: 100 * f.flat_share + '%' }))),
      el('td', {}, percent(f.cum_share)),
      el('td', { class: 'wide' }, amount(f.flat, top.unit))))));
  }

  $('controls').onsubmit = (e) => e.preventDefault();
  for (const id of ['service', 'type', 'span']) $(id).onchange = loadProfiles;

  // A page nobody looks at asks nothing.
  const every = (ms, f) => setInterval(() => { if (!document.hidden) f(); }, ms);
  every(5000, refresh);
  every(30000, () => { if (!$('profiles-body').hidden) loadProfiles(); });
  refresh();
})();
