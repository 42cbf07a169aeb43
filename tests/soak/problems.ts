// The problems that a run has found. It keeps the texts of the first ones, and counts all.

const MAX_KEPT = 50;

export class Problems {
  count = 0;
  readonly texts: string[] = [];

  add(text: string): void {
    this.count += 1;
    if (this.texts.length < MAX_KEPT) {
      this.texts.push(text);
    }
  }
}
