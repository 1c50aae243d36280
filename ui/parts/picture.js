// The data is one block of bytes: a 32-bit big-endian length, that much JSON, then the file and,
// where it differs, the view.
export default function ({ data, parentElement }) {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
  const head = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
  const about = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + head)));
  const file = bytes.subarray(4 + head, 4 + head + about.size);
  const view = about.view_mime && !about.same ? bytes.subarray(4 + head + about.size) : file;
  const root = parentElement.querySelector("#root");
  if (root.dataset.sha === about.sha) return;
  root.dataset.sha = about.sha;
  root.replaceChildren();
  const urls = [];
  const url = (part, mime) => {
    const made = URL.createObjectURL(new Blob([part], { type: mime }));
    urls.push(made);
    return made;
  };
  if (about.view_mime) {
    const img = document.createElement("img");
    img.alt = about.alt;
    img.onload = () => { if (img.naturalWidth <= 256) img.className = "small"; };
    img.src = url(view, about.view_mime);
    root.appendChild(img);
  }
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = about.label;
  button.onclick = () => {
    const a = document.createElement("a");
    // Not one of `urls`: a redraw a moment after the press must not take it from the download.
    a.href = URL.createObjectURL(new Blob([file], { type: about.mime }));
    a.download = about.name;
    a.click();
    setTimeout(() => URL.revokeObjectURL(a.href), 60000);
  };
  root.appendChild(button);
  return () => { urls.forEach((u) => URL.revokeObjectURL(u)); delete root.dataset.sha; };
}
