import { createServer } from 'node:http';
import Provider from 'oidc-provider';

/** An issuer of this machine, for tests. */
export interface TestIssuer {
  readonly url: string;
  /** A person confirms a code. */
  confirm(userCode: string, subject: string): Promise<void>;
  /** A person refuses a code. */
  deny(userCode: string): Promise<void>;
  close(): Promise<void>;
}

/** The secret of the client `batch`. */
export const SECRET = 'a-secret-of-the-client-batch';
/** For whom tokens are. */
export const RESOURCE = 'urn:meridian';

/** Starts an issuer that knows a client with a secret, `batch`, and one of people's terminals, `terminal`. */
export async function startIssuer(): Promise<TestIssuer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('the issuer has no port');
  const url = `http://127.0.0.1:${address.port}`;
  const provider = providerAt(url);
  const answer = provider.callback();
  server.on('request', (request, response) => void answer(request, response));

  const codeOf = async (userCode: string) => {
    const code = await provider.DeviceCode.findByUserCode(userCode.replaceAll('-', ''), {
      ignoreExpiration: true,
    });
    if (!code) throw new Error('the issuer does not know the code');
    return code;
  };
  return {
    url,
    async confirm(userCode, subject) {
      const code = await codeOf(userCode);
      const grant = new provider.Grant({ accountId: subject, clientId: 'terminal' });
      grant.addResourceScope(RESOURCE, 'orders');
      Object.assign(code, {
        accountId: subject,
        grantId: await grant.save(),
        scope: 'orders',
        resource: RESOURCE,
      });
      await code.save();
    },
    async deny(userCode) {
      const code = await codeOf(userCode);
      Object.assign(code, { error: 'access_denied', errorDescription: 'the person said no' });
      await code.save();
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function providerAt(url: string): Provider {
  return new Provider(url, {
    clients: [
      {
        client_id: 'batch',
        client_secret: SECRET,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
      {
        client_id: 'terminal',
        token_endpoint_auth_method: 'none',
        grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    features: {
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          audience: 'meridian',
          scope: 'orders',
          accessTokenFormat: 'jwt',
          accessTokenTTL: 300,
        }),
      },
    },
    findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    extraTokenClaims: () => ({ roles: ['importer'] }),
  });
}
