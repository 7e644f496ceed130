/** Names may hold a slash, which stays one in the path. */
export function pathOf(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/');
}
