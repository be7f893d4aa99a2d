// SPDX-License-Identifier: Apache-2.0
import { after, before, describe } from 'node:test';
import { NO_POSTGRES, startPostgres, type TestPostgres } from '../../../test/postgres.ts';
import { storeContract } from '../../../test/store-contract.ts';

describe('PostgreSQL', { skip: NO_POSTGRES }, () => {
  let server: TestPostgres;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.stop());

  storeContract(() => server.fresh());
});
