// Elements, and lists that keep theirs.

/** Set an element's text only where it differs, so that nothing is read aloud or laid out twice. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** An element with attributes (null: left out) and children. */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value != null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** One child per row, in order, kept by key; what has the focus keeps it. */
export function sync(list, rows, key, build, update) {
  const focused = document.activeElement;
  const keys = rows.map((row) => String(key(row)));
  const wanted = new Set(keys);
  for (const node of [...list.children]) if (!wanted.has(node.dataset.key)) node.remove();
  const old = new Map([...list.children].map((node) => [node.dataset.key, node]));
  rows.forEach((row, index) => {
    const node = old.get(keys[index]) ?? build(row);
    node.dataset.key = keys[index];
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
    update(node, row);
  });
  if (focused !== document.activeElement && list.contains(focused)) focused.focus({ preventScroll: true });
}
