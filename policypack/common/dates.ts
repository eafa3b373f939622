/** Days as exemptions count them: `YYYY-MM-DD`, in UTC. They compare as text. */
export function today(): string {
  return dayOf(new Date());
}

/** Whether the text is a day of the calendar; `2027-02-30` is not. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && dayOf(date) === text;
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, "YYYY-MM-DD".length);
}
