/** One face, or one part of it: an element that is told what it shows. */
export interface View<Model> {
  readonly element: HTMLElement;
  update(model: Model): void;
}
