/** Returns a line of the history with the names in it as people write them: `["account", "month"]` is account, month. */
export function namesIn(text: string): string {
  return text.replace(/\[(?:"(?:[^"\\]|\\.)*"(?:,\s*"(?:[^"\\]|\\.)*")*)?\]/g, (list) => {
    const names = JSON.parse(list) as string[];
    return names.join(', ') || 'no column';
  });
}
