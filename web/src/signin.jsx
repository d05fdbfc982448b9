import { useState } from 'react';
import { keep, login, logout, viewer } from './api.js';

/** Two ways in: a username with its password, or a token from `hearth token create`. */
export function SignIn({ onSession }) {
  const [message, setMessage] = useState('');
  const [busy, setBusy] = useState(false);

  async function submit(event, open) {
    event.preventDefault();
    const form = event.currentTarget;
    const values = Object.fromEntries(new FormData(form));
    setBusy(true);
    setMessage('');
    try {
      const { token, expiresAt } = await open(values);
      const who = await viewer(token);
      if (!who) throw new Error('This token is not valid, or no longer.');
      onSession({ token: await keep(token), expiresAt, ...who });
    } catch (error) {
      form.querySelector('[type=password]').value = '';
      setMessage(error.message);
      setBusy(false);
    }
  }

  return (
    <section className="signin" aria-label="Sign in">
      <form onSubmit={(e) => submit(e, (v) => login(v.username, v.password))}>
        <label>
          Username
          <input name="username" autoComplete="username" autoCapitalize="none" spellCheck="false" required />
        </label>
        <label>
          Password
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        <button disabled={busy}>Sign in</button>
      </form>
      <form onSubmit={(e) => submit(e, (v) => ({ token: v.token.trim() }))}>
        <label>
          or paste a token
          <input name="token" type="password" autoComplete="off" required />
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
