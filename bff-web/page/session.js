// Shows who is signed in, and signs out here and then at the OpenID provider.
const headers = { 'x-csrf': '1' };
const [who, signIn, signOut] = ['who', 'sign-in', 'sign-out'].map((id) => document.getElementById(id));

const answer = await fetch('/session', { headers });
if (answer.ok) {
  const { customerId } = await answer.json();
  who.textContent = `You are signed in as ${customerId}.`;
} else {
  who.textContent = answer.status === 401 ? 'You are not signed in.' : 'The bank does not answer right now.';
}
signIn.hidden = answer.ok;
signOut.hidden = !answer.ok;

signOut.addEventListener('click', async () => {
  const ended = await fetch('/session/logout', { method: 'POST', headers });
  if (ended.ok) location.assign((await ended.json()).logoutUrl ?? '/');
  else who.textContent = 'The bank does not answer right now.';
});
