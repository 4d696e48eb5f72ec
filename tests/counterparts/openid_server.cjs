// An OpenID provider on loopback: npm oidc-provider with its own pages for development. Whoever types a name is let in;
// PEOPLE is a file with the role and the desk of each: {"els": {"role": …, "desk": …}}.
// Started as: node openid_server.cjs PORT CLIENT SECRET REDIRECT PEOPLE
const { readFileSync } = require('fs');
const { Provider } = require('oidc-provider');

const [port, client_id, client_secret, redirect, people] = process.argv.slice(2);
const about = (name) => {
  const { role, desk } = JSON.parse(readFileSync(people))[name] ?? {};
  return {
    sub: name, preferred_username: name,
    ...(role ? { realm_access: { roles: ['offline_access', role] } } : {}), ...(desk ? { loket: desk } : {}),
  };
};
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id, client_secret, redirect_uris: [redirect] }],
  claims: { profile: ['preferred_username'], loket: ['realm_access', 'loket'] },
  scopes: ['openid', 'profile', 'loket'],
  findAccount: (_, name) => ({ accountId: name, claims: () => about(name) }),
  cookies: { keys: ['only for tests'] },
  pkce: { required: () => true },
});
provider.listen(Number(port), '127.0.0.1');
