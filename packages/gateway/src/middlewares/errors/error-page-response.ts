import type { CallerResponseHead, ResponseWriter } from '../../http1/message/response-writer.ts';
import type { HeaderList } from '../../http1/message/header-list.ts';
import type { Page, Pages, StepWriter } from '../step.ts';

/** The page that replaces a response. */
export type Replacement = Omit<Page, 'headers'>;

/** Headers that give the status its meaning, in lower case. */
const kept: ReadonlySet<string> = new Set(['www-authenticate', 'retry-after', 'x-request-id']);

/** Replaces a response with the page of a service, or passes it on. */
export class ErrorPageResponse implements StepWriter {
  readonly #next: ResponseWriter;
  readonly #pages: Pages;
  readonly #replacementFor: (status: number) => Replacement | undefined;
  /** The page becomes the response; the rest of the original response is dropped. */
  #isReplaced = false;

  constructor(
    next: ResponseWriter,
    pages: Pages,
    replacementFor: (status: number) => Replacement | undefined,
  ) {
    this.#next = next;
    this.#pages = pages;
    this.#replacementFor = replacementFor;
  }

  begin(head: CallerResponseHead): void {
    const replacement = this.#replacementFor(head.status);
    if (replacement === undefined) this.#next.begin(head);
    else {
      this.#isReplaced = true;
      this.#pages.send({ ...replacement, headers: pickKept(head.headers) }, this.#next);
    }
  }

  write(part: Buffer, lent: boolean): boolean {
    return this.#isReplaced || this.#next.write(part, lent);
  }

  flush(): void {
    if (!this.#isReplaced) this.#next.flush();
  }

  onceDrained(told: () => void): void {
    this.#next.onceDrained(told);
  }

  end(part: Buffer | undefined, lent: boolean, trailers: readonly string[]): void {
    if (!this.#isReplaced) this.#next.end(part, lent, trailers);
  }

  cut(): void {
    if (!this.#isReplaced) this.#next.cut();
  }

  closed(): void {}
}

function pickKept(headers: HeaderList): HeaderList {
  const picked: string[] = [];
  for (let at = 0; at + 1 < headers.length; at += 2)
    if (kept.has((headers[at] ?? '').toLowerCase())) picked.push(headers[at] ?? '', headers[at + 1] ?? '');
  return picked;
}
