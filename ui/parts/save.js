// The same block of bytes as in picture.js, without a file until the button was pressed. The file
// comes again with each drawing until the browser says that it has it, since a drawing may be
// overtaken by the next; by the name of the press it is saved once.
const saved = (globalThis.rsaImagesSaved ??= new Set());
export default function ({ data, parentElement, setTriggerValue }) {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
  const head = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
  const about = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + head)));
  let button = parentElement.querySelector("button");
  if (!button) {
    button = document.createElement("button");
    button.type = "button";
    parentElement.querySelector("#root").appendChild(button);
  }
  button.textContent = about.label;
  button.onclick = () => setTriggerValue("wanted", true);
  if (!about.press) return;
  setTriggerValue("saved", about.press);
  if (saved.has(about.press)) return;
  saved.add(about.press);
  const url = URL.createObjectURL(new Blob([bytes.subarray(4 + head)], { type: about.mime }));
  const a = document.createElement("a");
  a.href = url;
  a.download = about.name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}
