import { useEffect, useState } from 'react';
import { gates, sign } from './api.js';

/**
 * What still stands between the person who is signed in and any data, and what
 * to do about it. The end-user agreement is signed here.
 */
export function Gates({ token }) {
  const [{ closed, agreement }, setGates] = useState({ closed: [] });

  async function look() {
    setGates(await gates(token));
  }
  useEffect(() => {
    look().catch(() => {});
  }, [token]);

  if (closed.length === 0) return null;
  return (
    <section className="gates" aria-labelledby="gates">
      <h2 id="gates">Before you see data</h2>
      <ul>
        {closed.map(({ name, next }) => (
          <li key={name}>
            {name === 'AGREEMENT' && agreement ? <Agreement token={token} agreement={agreement} onSigned={look} /> : next}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Agreement({ token, agreement, onSigned }) {
  const [message, setMessage] = useState('');
  const [busy, setBusy] = useState(false);

  async function submit(event) {
    event.preventDefault();
    setBusy(true);
    setMessage('');
    try {
      await sign(token, agreement.version);
      await onSigned();
    } catch (error) {
      setMessage(error.message);
      setBusy(false);
    }
  }

  return (
    <form onSubmit={submit}>
      <h3 id="agreement">End-user agreement, version {agreement.version}</h3>
      {/* A long text scrolls, with the keyboard too. */}
      <div className="text" role="region" aria-labelledby="agreement" tabIndex="0">{agreement.text}</div>
      <label>
        <input type="checkbox" required /> I have read the agreement and will keep to it
      </label>
      <button disabled={busy}>Sign the agreement</button>
      <p role="alert">{message}</p>
    </form>
  );
}
