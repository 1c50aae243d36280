const NAME = "rsa-images.seats", TAB = "rsa-images.tab";
function load(storage, name, empty) {
  try {
    const found = JSON.parse(storage.getItem(name));
    return found && Array.isArray(found) === Array.isArray(empty) ? found : empty;
  } catch (e) { return empty; }
}
function save(storage, name, value) {
  try { storage.setItem(name, JSON.stringify(value)); } catch (e) { /* full or forbidden */ }
}
export default function ({ data, setStateValue }) {
  const seats = load(localStorage, NAME, []).filter((s) => s && typeof s === "object");
  const gone = new Set(data.drop);
  const kept = seats.filter((s) => !gone.has(s.token));
  for (const s of data.put) {
    if (gone.has(s.token)) continue;
    const at = kept.findIndex((k) => k.token === s.token);
    if (at < 0) kept.push(s); else kept[at] = s;
  }
  const last = kept.slice(-40);
  if (JSON.stringify(last) !== JSON.stringify(seats)) save(localStorage, NAME, last);
  const before = load(sessionStorage, TAB, {});
  save(sessionStorage, TAB, { ...before, ...data.tab });
  // The page knows what it has tied this tab to: saying it again would overtake the next press.
  const tab = data.known ? JSON.parse(data.known).tab : before;
  const now = JSON.stringify({ seats: last, tab: tab });
  if (data.known !== now) setStateValue("seats", now);
}
