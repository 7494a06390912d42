/** @throws {Error} `otherwise`, when what the demo claims does not hold */
export function expect(held: boolean, otherwise: string): void {
  if (!held) throw new Error(otherwise);
}
