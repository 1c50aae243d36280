// The data is one block of bytes: a 32-bit big-endian length, that much JSON, then the file and,
// where it differs, the view.
export default function ({ data, parentElement }) {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
  const head = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
  const about = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + head)));
  const file = bytes.subarray(4 + head, 4 + head + about.size);
  const view = about.view_mime && !about.same ? bytes.subarray(4 + head + about.size) : file;
  const root = parentElement.querySelector("#root");
  if (root.dataset.sha === about.sha) return root.forget;
  root.dataset.sha = about.sha;
  root.forget?.();
  const img = document.createElement("img");
  root.forget = () => URL.revokeObjectURL(img.src);
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = about.label;
  button.onclick = () => {
    const a = document.createElement("a");
    // Not `img.src`: a redraw a moment after the press must not take it from the download.
    a.href = URL.createObjectURL(new Blob([file], { type: about.mime }));
    a.download = about.name;
    a.click();
    setTimeout(() => URL.revokeObjectURL(a.href), 60000);
  };
  if (!about.view_mime) {
    root.replaceChildren(button);
    return root.forget;
  }
  img.alt = about.alt;
  // Together, when the size is known: a button that moves away under a press loses it.
  img.onload = img.onerror = () => {
    if (root.dataset.sha !== about.sha) return;
    if (img.naturalWidth <= 256) img.className = "small";
    root.replaceChildren(img, button);
  };
  img.src = URL.createObjectURL(new Blob([view], { type: about.view_mime }));
  return root.forget;
}
