// The requests that the page makes by itself, and the fetcher that GraphiQL
// uses for everything else. A session is kept in a cookie that no script can
// read; where the hub gives none (without TLS, from another machine), the token
// stays in the page.

const LOGIN = `mutation Login($username: String!, $password: String!, $code: String) {
  login(input: {username: $username, password: $password, code: $code, app: "console"}) {
    token
    expiresAt
    needsCode
    userErrors { message }
  }
}`;

const VIEWER = 'query Viewer { viewer { username role } }';

const GATES = 'query Gates { account { gates { name open next } } endUserAgreement { version text } }';

const SIGN = 'mutation Sign($version: String!) { signAgreement(version: $version) { userErrors { message } } }';

const LOGOUT = 'mutation Logout { logout { ok } }';

/** Returns a GraphiQL fetcher. It signs each request with the token, if there is one; else the cookie does. */
export function fetcher(token) {
  return async (request) => {
    const response = await fetch('/graphql', {
      method: 'POST',
      headers: {
        Accept: 'application/graphql-response+json, application/json;q=0.9',
        'Content-Type': 'application/json',
        ...(token && { Authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(request),
      cache: 'no-store',
      credentials: 'same-origin',
    });
    try {
      return await response.json();
    } catch {
      throw new Error(`The hub gave no GraphQL answer (HTTP ${response.status}).`);
    }
  };
}

/** Asks for a session. Throws what the hub says when it refuses; needsCode says that nothing but a code is missing. */
export async function login(username, password, code) {
  const { login } = await ask(null, LOGIN, { username, password, code });
  if (login?.token) return login;
  const refusal = new Error(login?.userErrors?.map((e) => e.message).join(' ') || 'Sign-in failed.');
  refusal.needsCode = login?.needsCode;
  throw refusal;
}

/** Says whose token it is, or whose cookie; null when nobody is signed in. */
export async function viewer(token) {
  return (await ask(token, VIEWER)).viewer;
}

/** Says what stands between the person who is signed in and data. Tokens made by hand are not told. */
export async function gates(token) {
  const { account, endUserAgreement } = await ask(token, GATES);
  return { closed: account.gates.filter((gate) => !gate.open), agreement: endUserAgreement };
}

/** Signs the end-user agreement. Throws what the hub says when it refuses. */
export async function sign(token, version) {
  const { signAgreement } = await ask(token, SIGN, { version });
  if (signAgreement.userErrors.length) throw new Error(signAgreement.userErrors.map((e) => e.message).join(' '));
}

/** Puts the token into the cookie. Returns the token that is still to be sent: none where the cookie was taken. */
export async function keep(token) {
  const { ok } = await session('POST', { Authorization: `Bearer ${token}` });
  return ok ? null : token;
}

/** Ends the session on the hub, and the cookie. */
export async function logout(token) {
  try {
    await ask(token, LOGOUT);
  } finally {
    await forget();
  }
}

/** Takes the cookie away. */
export async function forget() {
  await session('DELETE', {});
}

function session(method, headers) {
  return fetch('/session', { method, headers, cache: 'no-store', credentials: 'same-origin' });
}

async function ask(token, query, variables) {
  const { data, errors } = await fetcher(token)({ query, variables });
  if (errors?.length) throw new Error(errors[0].message);
  return data ?? {};
}
