/** The words so far and the one that is being read. */
export class Words {
  readonly done: string[] = [];
  #word = "";

  add(character: string): void {
    if (!isSpace(character)) this.#word += character;
    else this.end();
  }

  addRaw(text: string): void {
    this.#word += text;
  }

  end(): string[] {
    if (this.#word !== "") this.done.push(this.#word);
    this.#word = "";
    return this.done;
  }
}

function isSpace(character: string): boolean {
  return /\s/.test(character);
}
