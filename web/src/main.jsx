import 'graphiql/setup-workers/vite';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import 'graphiql/graphiql.css';
import './style.css';

import { GraphiQL } from 'graphiql';
import { useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { fetcher } from './api.js';
import { examples } from './examples.js';
import { SignedIn, SignIn } from './signin.jsx';

// On a shared computer nothing may stay behind: the session lives in this
// component only, GraphiQL gets no storage (null) and no history plugin, and a
// reload forgets all.
function Console() {
  const [session, setSession] = useState(null);
  const token = session?.token;
  // A new fetcher makes GraphiQL read the schema again, which differs by role.
  const fetch = useMemo(() => fetcher(token), [token]);

  return (
    <>
      <header>
        <h1>Hearth</h1>
        {session ? <SignedIn session={session} /> : <SignIn onSession={setSession} />}
      </header>
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
