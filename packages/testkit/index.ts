// What tests of all packages share.
export { bankClient, signIn, type BankClient, type GraphQLAnswer, type SignIn } from './bank-client.ts';
export { testDatabase, type TestDatabase, type TestDatabaseOptions } from './test-database.ts';
