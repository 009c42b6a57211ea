/** The reason why a template cannot be parsed or rendered; thrown and caught within this folder. Its message never contains a value. */
export class TemplateFault extends Error {
  /** Code units from the start of the source. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}
