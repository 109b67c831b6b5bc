/** The poll in the composer: of its twelve answers only those show that are needed, and one more. */

const LEAST = 2;

export class PollFields {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.part = /** @type {HTMLDetailsElement | null} */ (form.querySelector("[data-poll-fields]"));
    this.rows = /** @type {HTMLElement[]} */ ([...form.querySelectorAll("[data-answer]")]);
    this.more = /** @type {HTMLButtonElement | null} */ (form.querySelector("[data-add-answer]"));
    this.more?.addEventListener("click", () => this.#add());
    this.#show(LEAST);
  }

  /** @param {HTMLElement} row */
  static answer(row) {
    return /** @type {HTMLInputElement} */ (row.querySelector("input:not([type=checkbox])"));
  }

  /** @param {number} least */
  #show(least) {
    const filled = this.rows.findLastIndex((row) => PollFields.answer(row).value.trim() !== "") + 1;
    const shown = Math.max(least, filled);
    this.rows.forEach((row, index) => (row.hidden = index >= shown));
    if (this.more) this.more.hidden = shown >= this.rows.length;
  }

  #add() {
    const shown = this.rows.filter((row) => !row.hidden).length;
    this.#show(shown + 1);
    if (this.rows[shown]) PollFields.answer(this.rows[shown]).focus();
  }

  /** It was sent: the next post asks nothing. */
  clear() {
    this.#fill([]);
    if (this.part) this.part.open = false;
  }

  /** What could not be sent stands in the form again. @param {[string, string][]} fields */
  restore(fields) {
    const mine = fields.filter(([name]) => name.startsWith("poll_"));
    if (!mine.some(([, value]) => value !== "")) return;
    this.#fill(mine);
    if (this.part) this.part.open = true;
  }

  /** @param {[string, string][]} fields */
  #fill(fields) {
    const values = new Map(fields);
    const all = /** @type {NodeListOf<HTMLInputElement | HTMLSelectElement>} */ (
      this.part?.querySelectorAll("input, select") ?? []
    );
    for (const field of all) {
      if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = values.has(field.name);
      else field.value = values.get(field.name) ?? "";
    }
    this.#show(LEAST);
  }
}
