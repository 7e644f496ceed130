/** How far what was held is from what was predicted, in words; 0 is not known. */
export function deviation(predicted: number, held: number): string {
  if (predicted === 0 || held === 0) return 'unknown';
  if (held === predicted) return 'to the byte';
  const percent = ((held - predicted) * 100) / predicted;
  if (Math.abs(percent) <= 1) return 'within 1 %';
  return `${Math.round(Math.abs(percent))} % ${percent > 0 ? 'over' : 'under'}`;
}
