const $ = (id) => document.getElementById(id);
const about = JSON.parse($("model").textContent);
const [height, width] = about.plane ? [1, 1] : about.shape.slice(-2);
const size = about.shape.reduce((a, b) => a * b, 1);
const SCALE = 8, MOST = about.fixed || 10;

// -- languages: the reader's, if the page has it --------------------------------------------------------------------

const languages = JSON.parse($("languages").textContent);
const language = navigator.languages.map(nearest).find(Boolean) || "en", told = languages[language] || {};

function nearest(wished) {
  const parts = wished.split("-"), traditional = parts.some((part) => ["Hant", "TW", "HK", "MO"].includes(part));
  if (parts[0] === "en") return "en";
  return Object.keys(languages).find((one) => one.split("-")[0] === parts[0] && !(traditional && one === "zh-CN"));
}

function tr(english, ...values) {
  return (told[english] || english).replace(/\{(\d)\}/g, (_, at) => values[at]);
}

document.documentElement.lang = language;
for (const element of document.querySelectorAll("title, body :not(script)")) {
  if (!element.children.length) element.textContent = tr(element.textContent);
  if (element.hasAttribute("aria-label")) element.setAttribute("aria-label", tr(element.getAttribute("aria-label")));
}

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const unpacked = async (text) => {
  const flow = new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(flow).arrayBuffer());
};
const tensor = (given) => {
  const kinds = { float32: Float32Array, int64: BigInt64Array };
  return new ort.Tensor(given.dtype, new kinds[given.dtype](bytes(given.data).buffer), given.shape);
};

let ort, session, latents = new Float32Array(bytes(about.latents).buffer), examples = [], path = null, busy = false, again = false;

// -- adaptation: support in, samples after every step out ----------------------------------------------------------

async function adapt(support, count) {
  const feeds = {
    support: new ort.Tensor("float32", Float32Array.from(support), [count, ...about.shape]),
    latents: new ort.Tensor("float32", latents, [latents.length / about.latent_size, about.latent_size]),
  };
  for (const [name, given] of Object.entries(about.noise[count])) feeds[name] = tensor(given);
  for (const name of Object.keys(feeds)) if (!session.inputNames.includes(name)) delete feeds[name];
  return (await session.run(feeds)).samples;
}

function normal() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

function others() {
  latents = latents.map((_, i) => (i % about.latent_size < about.normal ? normal() : Math.random()));
  update();
}

async function update() {
  if (!session) return;
  if (busy) { again = true; return; }
  const wanted = about.fixed ? examples.length === about.fixed : examples.length > 0;
  if (!wanted) { path = null; show(); return; }
  busy = true;
  say(tr("Adapting…"));
  try {
    path = await adapt(examples.flatMap((example) => [...example]), examples.length);
    show();
  } catch (problem) {
    say(tr("This could not be computed: {0}", problem.message));
  }
  busy = false;
  if (again) { again = false; update(); }
}

// -- looks ----------------------------------------------------------------------------------------------------------

function say(text) { $("status").textContent = text; }

function pixels(context, example, x, y, by) {
  const image = context.createImageData(width, height), channels = about.shape[0], one = width * height;
  for (let i = 0; i < one; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = 255 * Math.min(1, Math.max(0, example[(channels === 3 ? c : 0) * one + i]));
    image.data[4 * i + 3] = 255;
  }
  const small = document.createElement("canvas");
  small.width = width; small.height = height;
  small.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, x, y, width * by, height * by);
}

const place = (value, side, flip) => side / 2 * (1 + (flip ? -1 : 1) * value / about.reach);

function plane(canvas, sampled) {
  const side = canvas.width = canvas.height = 560, context = canvas.getContext("2d"), style = getComputedStyle(document.body);
  context.strokeStyle = style.getPropertyValue("--line");
  context.beginPath();
  context.moveTo(side / 2, 0); context.lineTo(side / 2, side); context.moveTo(0, side / 2); context.lineTo(side, side / 2);
  context.stroke();
  context.fillStyle = style.getPropertyValue("--accent");
  context.globalAlpha = 0.6;
  for (let i = 0; i < sampled.length; i += 2) {
    context.beginPath();
    context.arc(place(sampled[i], side), place(sampled[i + 1], side, true), 4, 0, 7);
    context.fill();
  }
  context.globalAlpha = 1;
  context.strokeStyle = style.getPropertyValue("--ink");
  context.lineWidth = 3;
  for (const [x, y] of examples) {
    const [a, b] = [place(x, side), place(y, side, true)];
    context.beginPath();
    context.moveTo(a - 7, b - 7); context.lineTo(a + 7, b + 7); context.moveTo(a + 7, b - 7); context.lineTo(a - 7, b + 7);
    context.stroke();
  }
  return context;
}

function show() {
  const step = Number($("step").value), canvas = $("samples");
  const count = latents.length / about.latent_size, at = step * count * size;
  const made = path ? path.data.subarray(at, at + count * size) : new Float32Array(0);
  $("at").textContent = tr("{0} of {1}", step, about.steps);
  if (about.plane) plane(canvas, made);
  else {
    const side = Math.ceil(Math.sqrt(count)), by = Math.max(1, Math.floor(560 / side / width));
    canvas.width = side * (width * by + 4); canvas.height = Math.ceil(count / side) * (height * by + 4);
    for (let i = 0; path && i < count; i++)
      pixels(canvas.getContext("2d"), made.subarray(i * size, (i + 1) * size), (i % side) * (width * by + 4) + 2, Math.floor(i / side) * (height * by + 4) + 2, by);
  }
  const given = examples.length, values = [count, step, about.steps, given];
  const lacking = about.fixed ? tr("Give {0} examples; there are {1}.", about.fixed, given) : tr("Give at least one example.");
  const one = tr("{0} samples after {1} of {2} steps of adaptation to 1 example.", ...values);
  const several = tr("{0} samples after {1} of {2} steps of adaptation to {3} examples.", ...values);
  const shown = !path ? lacking : given === 1 ? one : several;
  canvas.setAttribute("aria-label", shown);
  if (session) say(shown);
  $("add").disabled = examples.length >= MOST;
}

// -- examples: drawn, or points of the plane -------------------------------------------------------------------------

const pad = $("pad"), ink = pad.getContext("2d", { willReadFrequently: true });
let pen = null, keys = about.plane ? [0, 0] : [width * SCALE / 2, height * SCALE / 2], down = false;

function wipe() {
  if (about.plane) { plane(pad, []); return; }
  pad.width = width * SCALE; pad.height = height * SCALE;
  ink.fillStyle = "#000"; ink.fillRect(0, 0, pad.width, pad.height);
  ink.strokeStyle = "#fff"; ink.lineCap = ink.lineJoin = "round"; ink.lineWidth = 0.085 * pad.width;
}

function stroke(from, to) {
  ink.beginPath(); ink.moveTo(...from); ink.lineTo(to[0] + 0.01, to[1]); ink.stroke();
}

function drawn() {
  const small = document.createElement("canvas"), channels = about.shape[0], found = new Float32Array(size);
  small.width = width; small.height = height;
  const context = small.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(pad, 0, 0, width, height);
  const data = context.getImageData(0, 0, width, height).data;
  for (let i = 0; i < width * height; i++)
    for (let c = 0; c < channels; c++) {
      const value = data[4 * i] / 255;
      found[c * width * height + i] = about.binary ? Number(value > 0.5) : value;
    }
  return found;
}

function add(example) {
  if (examples.length >= MOST) { say(tr("{0} examples are as many as there can be.", MOST)); return; }
  examples.push(example);
  listed();
}

function listed() {
  const list = $("examples");
  list.replaceChildren();
  examples.forEach((example, at) => {
    const item = document.createElement("li"), button = document.createElement("button");
    if (about.plane) button.textContent = `${example[0].toFixed(1)}, ${example[1].toFixed(1)}`;
    else {
      const picture = document.createElement("canvas");
      picture.width = 2 * width; picture.height = 2 * height;
      pixels(picture.getContext("2d"), example, 0, 0, 2);
      button.append(picture);
    }
    button.setAttribute("aria-label", tr("Take out example {0}", at + 1));
    button.onclick = () => { examples.splice(at, 1); listed(); };
    item.append(button);
    list.append(item);
  });
  wipe();
  show();
  update();
}

function spot(event) {
  const box = pad.getBoundingClientRect(), x = (event.clientX - box.left) / box.width, y = (event.clientY - box.top) / box.height;
  return about.plane ? [(2 * x - 1) * about.reach, (1 - 2 * y) * about.reach] : [x * pad.width, y * pad.height];
}

pad.onpointerdown = (event) => {
  $("pen").hidden = true;
  if (about.plane) { add(Float32Array.from(spot(event))); return; }
  pad.setPointerCapture(event.pointerId);
  pen = spot(event);
  stroke(pen, pen);
};
pad.onpointermove = (event) => {
  if (!pen) return;
  const next = spot(event);
  stroke(pen, next);
  pen = next;
};
pad.onpointerup = pad.onpointercancel = () => { pen = null; };
pad.onkeydown = (event) => {
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!way && event.key !== " " && event.key !== "Enter") return;
  event.preventDefault();
  if (about.plane) {
    const by = about.reach / 20;
    if (way) keys = [keys[0] + by * way[0], keys[1] - by * way[1]];
    else add(Float32Array.from(keys));
    say(tr("At {0}, {1}.", keys[0].toFixed(2), keys[1].toFixed(2)));
  } else if (way) {
    const next = keys.map((value, axis) => Math.min([pad.width, pad.height][axis], Math.max(0, value + SCALE * way[axis])));
    if (down) stroke(keys, next);
    keys = next;
    const at = keys.map((value) => Math.round(value / SCALE));
    say(down ? tr("Pen down at column {0}, row {1}.", ...at) : tr("Pen up at column {0}, row {1}.", ...at));
  } else if (event.key === " ") {
    down = !down;
    if (down) stroke(keys, keys);
    say(down ? tr("Pen down.") : tr("Pen up."));
  } else add(drawn());
  const at = about.plane ? [place(keys[0], 100), place(keys[1], 100, true)] : [100 * keys[0] / pad.width, 100 * keys[1] / pad.height];
  [$("pen").style.left, $("pen").style.top] = at.map((value) => `${value}%`);
  $("pen").classList.toggle("down", down);
  $("pen").hidden = false;
};
pad.onblur = () => { $("pen").hidden = true; };
$("add").onclick = () => add(drawn());
$("clear").onclick = () => { examples = []; listed(); };
$("again").onclick = others;
$("step").oninput = show;

// -- the beginning ---------------------------------------------------------------------------------------------------

$("about").textContent = tr(about.about);
$("step").max = $("step").value = about.steps;
$("how").textContent = about.plane
  ? tr("Click to put a point; or with the keys: arrows move the mark, Space or Enter puts it.")
  : tr("Draw by mouse, pen or finger; or with the keys: arrows move the pen, Space puts it down and lifts it, Enter adds the drawing.");
pad.setAttribute("aria-label", about.plane ? tr("A plane to put points in") : tr("A pad to draw on"));
$("add").hidden = about.plane;
pad.classList.toggle("plane", about.plane);
$("samples").classList.toggle("plane", about.plane);
wipe();
show();

const ready = (async () => {
  try {
    ort = await import(URL.createObjectURL(new Blob([$("runtime").textContent], { type: "text/javascript" })));
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmBinary = (await unpacked($("wasm").textContent)).buffer;
    session = await ort.InferenceSession.create(await unpacked(about.graph), { executionProviders: ["wasm"] });
    show();
    update();
  } catch (problem) {
    say(tr("This browser cannot run the model: {0}", problem.message));
    throw problem;
  }
})();
window.metagen = { ready, adapt, give: (given) => { examples = given; listed(); } };
