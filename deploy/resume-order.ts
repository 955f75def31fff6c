// `npm run resume-order -- <order id>`: an operator lets an order go on whose saga is STUCK, once the cause is mended.
import { runningBankFor, operatorClient } from '@simplebank/chassis';
import { resumeSaga } from '@simplebank/contracts';

async function main(orderId: string | undefined): Promise<number> {
  if (orderId === undefined) {
    console.error('Which order? npm run resume-order -- <order id>');
    return 2;
  }
  const bank = (await runningBankFor(process.env))?.bank;
  if (bank === undefined) {
    console.error('the bank is not running: npm start or npm run start:services first');
    return 2;
  }
  const client = operatorClient(bank, 'resume-order');
  try {
    const { resumed } = await client.call(resumeSaga, { orderId });
    console.log(resumed ? `${orderId} goes on.` : `${orderId} is not stuck.`);
    return resumed ? 0 : 1;
  } finally {
    await client.close();
  }
}

process.exitCode = await main(process.argv[2]);
