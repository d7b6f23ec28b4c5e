const DAY_MS = 86_400_000;

/** Every calendar day from the first to the last, both included, as YYYY-MM-DD; none when the last is before the first. */
export function daysBetween(fromDay: string, toDay: string): readonly string[] {
  const days: string[] = [];
  for (let time = Date.parse(fromDay); time <= Date.parse(toDay); time += DAY_MS) {
    days.push(new Date(time).toISOString().slice(0, 10));
  }
  return days;
}

/** Every month that days from the first to the last fall into, as a number: 202611. */
export function monthsBetween(fromDay: string, toDay: string): readonly number[] {
  const [last, months] = [monthOfDay(toDay), [] as number[]];
  for (let month = monthOfDay(fromDay); month <= last; month += month % 100 === 12 ? 89 : 1)
    months.push(month);
  return months;
}

/** The month of a business day, as a number that sorts: 202611. */
export function monthOfDay(day: string): number {
  return Number(day.slice(0, 4)) * 100 + Number(day.slice(5, 7));
}
