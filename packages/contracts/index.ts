// What services say to one another: the events they publish, the commands they take, the codes they answer.
export * from './error-codes.ts';
export * from './scopes.ts';
export * from './wire.ts';
export * from './order-events.ts';
export * from './market-events.ts';
export * from './session-events.ts';
export * from './accounts-endpoints.ts';
export * from './customers-endpoints.ts';
export * from './fees-endpoints.ts';
export * from './market-endpoints.ts';
export * from './orders-endpoints.ts';
export * from './demo-bank.ts';
