import 'graphiql/setup-workers/vite';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import 'graphiql/graphiql.css';
import './style.css';

import { GraphiQL } from 'graphiql';
import { useEffect, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { fetcher, forget, viewer } from './api.js';
import { examples } from './examples.js';
import { Gates } from './gates.jsx';
import { SignedIn, SignIn } from './signin.jsx';

// On a shared computer nothing may stay behind: GraphiQL gets no storage (null)
// and no history plugin, and the session is in a cookie that ends with the
// browser, or in this component only.
function Console() {
  const [session, setSession] = useState(null);
  const token = session?.token;
  // Whoever reloads the page is still signed in, if the cookie is good.
  useEffect(() => {
    viewer(null).then((v) => v && setSession((s) => s ?? v)).catch(forget);
  }, []);
  // A new fetcher makes GraphiQL read the schema again, which differs by role.
  const fetch = useMemo(() => fetcher(token), [token, session?.username]);

  return (
    <>
      <header>
        <h1>Hearth</h1>
        {session ? <SignedIn session={session} /> : <SignIn onSession={setSession} />}
      </header>
      {session && <Gates token={token} />}
      <main>
        <GraphiQL
          fetcher={fetch}
          schema={session ? undefined : null}
          storage={null}
          plugins={[]}
          defaultTabs={examples}
          isHeadersEditorEnabled={false}
          showPersistHeadersSettings={false}
        >
          <GraphiQL.Logo>GraphQL</GraphiQL.Logo>
        </GraphiQL>
      </main>
    </>
  );
}

createRoot(document.getElementById('root')).render(<Console />);
