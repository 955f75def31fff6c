// Who signs access tokens when nothing else is said: the name that the development identity provider goes by.
export const defaultIssuer = 'https://identity.simplebank.example';
