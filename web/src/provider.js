// Sign-in by the community's identity provider, if the hub has one. The page
// leaves for the provider and comes back with a code in the fragment of its
// address, which the hub trades for a session: it knows by a cookie that no
// script can read that it was this browser that left.

const prefix = '#oidc&';

/** Says whether the hub has a provider. */
export async function hasProvider() {
  const response = await fetch('/oidc/provider', { cache: 'no-store', credentials: 'omit' });
  return response.ok;
}

/** Leaves the page for the provider. */
export async function leave() {
  const { url } = await post('/oidc/begin', {});
  location.assign(url);
}

/** Takes what the provider sent from the address, so that it does not stay in the history; null where nothing came. */
export function takeReturn() {
  if (!location.hash.startsWith(prefix)) return null;
  const back = new URLSearchParams(location.hash.slice(prefix.length));
  history.replaceState(null, '', location.pathname);
  return back;
}

/** Asks for a session. Throws what the hub says when it refuses. */
export async function finish(back) {
  if (back.has('error')) throw new Error('The identity provider did not sign you in.');
  return post('/oidc/finish', { code: back.get('code'), state: back.get('state') });
}

async function post(path, body) {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    cache: 'no-store',
    credentials: 'same-origin',
  });
  const said = await response.json().catch(() => ({}));
  if (response.ok) return said;
  const subject = said.subject ? ` Your identity there is ${said.subject}.` : '';
  throw new Error((said.message || 'Sign-in failed.') + subject);
}
