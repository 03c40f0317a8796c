/** The pages of this origin, and where each is found. */
export const PAGES = { viewer: '/', desk: '/desk' } as const;

export type Page = (typeof PAGES)[keyof typeof PAGES];

/** The page that a sign-in was begun on, as it remembered it; the viewer's when that names no page of ours. */
export function pageNamed(remembered: unknown): Page {
  return Object.values(PAGES).find((page) => page === remembered) ?? PAGES.viewer;
}
