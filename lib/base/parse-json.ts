/** The value of a JSON text; undefined, which no JSON text has, where it is none. What the value is, the caller checks. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
