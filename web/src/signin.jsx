import { useEffect, useRef, useState } from 'react';
import { keep, login, logout, viewer } from './api.js';
import { finish, hasProvider, leave, takeReturn } from './provider.js';

/**
 * The ways in: a username with its password, and a code where the account has a
 * second factor; a token from `hearth token create`; and the community's
 * identity provider, if it has one.
 */
export function SignIn({ onSession }) {
  const [message, setMessage] = useState('');
  const [busy, setBusy] = useState(false);
  const [needsCode, setNeedsCode] = useState(false);
  const [provider, setProvider] = useState(false);
  const code = useRef(null);

  useEffect(() => {
    hasProvider().then(setProvider, () => {});
    const back = takeReturn();
    if (back) enter(() => finish(back));
  }, []);
  // Whoever was asked for a code types on.
  useEffect(() => {
    if (needsCode && !busy) code.current.focus();
  }, [needsCode, busy]);

  async function enter(open, form) {
    setBusy(true);
    setMessage('');
    try {
      const { token, expiresAt } = await open();
      const who = await viewer(token);
      if (!who) throw new Error('This token is not valid, or no longer.');
      onSession({ token: await keep(token), expiresAt, ...who });
    } catch (error) {
      // What was typed stays only while a code is missing.
      if (!error.needsCode) form?.querySelectorAll('.secret').forEach((field) => (field.value = ''));
      setNeedsCode((before) => error.needsCode || (before && !!form));
      setMessage(error.message);
      setBusy(false);
    }
  }

  function submit(event, open) {
    event.preventDefault();
    const form = event.currentTarget;
    const values = Object.fromEntries(new FormData(form));
    enter(() => open(values), form);
  }

  function away() {
    setBusy(true);
    setMessage('');
    leave().catch((error) => {
      setMessage(error.message);
      setBusy(false);
    });
  }

  return (
    <section className="signin" aria-label="Sign in">
      <form onSubmit={(e) => submit(e, (v) => login(v.username, v.password, v.code))}>
        <label>
          Username
          <input name="username" autoComplete="username" autoCapitalize="none" spellCheck="false" required />
        </label>
        <label>
          Password
          <input name="password" type="password" className="secret" autoComplete="current-password" required />
        </label>
        {needsCode && (
          <label>
            Code
            <input ref={code} name="code" className="secret" autoComplete="one-time-code" autoCapitalize="none" spellCheck="false" size="20" required />
          </label>
        )}
        <button disabled={busy}>Sign in</button>
      </form>
      {provider && (
        <button type="button" disabled={busy} onClick={away}>Sign in with your organization’s account</button>
      )}
      <form onSubmit={(e) => submit(e, (v) => ({ token: v.token.trim() }))}>
        <label>
          or paste a token
          <input name="token" type="password" className="secret" autoComplete="off" required />
        </label>
        <button disabled={busy}>Use token</button>
      </form>
      <p role="alert">{message}</p>
    </section>
  );
}

/** Who is signed in, and the way out. */
export function SignedIn({ session }) {
  async function signOut() {
    // Loading the page anew drops the answers on screen, and the token where the
    // page kept it.
    await logout(session.token).catch(() => {});
    location.reload();
  }

  return (
    <section className="signin" aria-label="Signed in">
      <p role="status">
        Signed in as <strong>{session.username}</strong>, {roleName(session.role)}
        {session.expiresAt && `, until ${new Date(session.expiresAt).toLocaleTimeString([], { timeStyle: 'short' })}`}
      </p>
      <button type="button" onClick={signOut}>Sign out</button>
    </section>
  );
}

function roleName(role) {
  return String(role).toLowerCase().replaceAll('_', ' ');
}
