// A view that is no list: it is loaded when it is come to, and when something has changed that it shows.

import { address } from "./address.js";
import { redraw } from "./draw.js";
import { complain } from "./notice.js";
import { paced } from "./pace.js";

/** Make a view of its `name`, its `title`, how it is drawn, and how what it shows is loaded. */
export function page({ name, title, draw, load }) {
  const refresh = paced(async () => {
    await load();
    redraw();
  }, complain);
  return {
    name,
    title,
    draw,
    refresh,
    arrive: (isOther) => isOther && refresh(),
    changed: () => {
      if (address().view === name && !document.hidden) refresh();
    },
  };
}
