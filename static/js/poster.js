/** The poster page: [data-print] opens the printer's own dialog. */
import { on } from "./dom.js";

export function poster() {
  on(document, "click", "[data-print]", (event) => {
    event.preventDefault();
    print();
  });
}
