/** The pages that tell callers every reason of an error, together. */
export const REASON_PAGES = ['docs/errors.md', 'docs/security.md'] as const;

/** The sources that give reasons to callers of the services. */
export const REASON_SOURCES =
  '{apps/{command,query}-service,libs/{access,kernel,rpc},libs/domain/*}/src/**/!(*.test).ts';

const given =
  /\b(?:refuse|notFound|unavailable|resourceExhausted|unauthenticated|permissionDenied|refused|withReason)\(\s*(?:(?:'[a-z-]+'|Status\.\w+),\s*)?'([A-Z][A-Z_]+)'|\b(?:code|reason): '([A-Z][A-Z_]+)'/g;
const named = /`([A-Z][A-Z_]+)`/g;

/** The reasons of errors that a source gives and that no page of these texts names, a line per reason. */
export function undocumentedReasons(path: string, source: string, pages: readonly string[]): string[] {
  const documented = new Set(pages.flatMap((page) => [...page.matchAll(named)].map(([, name]) => name)));
  const reasons = new Set([...source.matchAll(given)].map(([, first, second]) => first ?? second ?? ''));
  return [...reasons].flatMap((reason) =>
    documented.has(reason) ? [] : [`${path}: the reason ${reason} is not in ${REASON_PAGES.join(' or ')}`],
  );
}
