/**
 * What an answer says that comes within `ms`.
 *
 * @param late what the error says where it does not
 * @throws Error where it is late, or the answer's own
 */
export function within<T>(ms: number, answer: Promise<T>, late: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(late)), ms);
  });
  return Promise.race([answer, over]).finally(() => clearTimeout(timer));
}
