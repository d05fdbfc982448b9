// The three requests that the page makes by itself, and the fetcher that
// GraphiQL uses for everything else.

const LOGIN = `mutation Login($username: String!, $password: String!) {
  login(input: {username: $username, password: $password}) {
    token
    expiresAt
    userErrors { message }
  }
}`;

const VIEWER = 'query Viewer { viewer { username role } }';

const LOGOUT = 'mutation Logout { logout { ok } }';

/** Returns a GraphiQL fetcher that signs each request with the token, if there is one. */
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
      credentials: 'omit',
    });
    try {
      return await response.json();
    } catch {
      throw new Error(`The hub gave no GraphQL answer (HTTP ${response.status}).`);
    }
  };
}

/** Asks for a session. Throws what the hub says when it refuses. */
export async function login(username, password) {
  const { login } = await ask(null, LOGIN, { username, password });
  if (!login?.token) {
    throw new Error(login?.userErrors?.map((e) => e.message).join(' ') || 'Sign-in failed.');
  }
  return login;
}

/** Says whose token it is. Throws when it is nobody's. */
export async function viewer(token) {
  const { viewer } = await ask(token, VIEWER);
  if (!viewer) throw new Error('This token is not valid, or no longer.');
  return viewer;
}

/** Ends the session on the hub. */
export async function logout(token) {
  await ask(token, LOGOUT);
}

async function ask(token, query, variables) {
  const { data, errors } = await fetcher(token)({ query, variables });
  if (errors?.length) throw new Error(errors[0].message);
  return data ?? {};
}
