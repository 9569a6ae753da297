/** Other relying-party software, from Debian's packages, set up as its own documentation says. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Software {
  name: string;
  /** Whether this machine has it. */
  installed(): boolean;
  /** What it wants registered, beside names and scope. */
  registration(origin: string): Record<string, unknown>;
  /** How it is started; files go into `folder`. */
  command(site: Site): string[];
  refresh(origin: string, accessToken: string): string;
  leave(origin: string): string;
}

export interface Site {
  issuer: string;
  clientId: string;
  secret: string;
  port: number;
  folder: string;
}

const MODULES = '/usr/lib/apache2/modules';
const CORE_MODULES = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'dir', 'filter', 'include'];
const CLAIMS = ['sub', 'name', 'gender', 'birthdate', 'phone_number'];

export const apache: Software = {
  name: 'Apache with mod_auth_openidc',
  installed: () => existsSync(join(MODULES, 'mod_auth_openidc.so')),
  registration: (origin) => ({
    redirect_uris: [`${origin}/private/redirect_uri`],
    post_logout_redirect_uris: [`${origin}/signed-out.html`],
    backchannel_logout_uri: `${origin}/private/redirect_uri?logout=backchannel`,
  }),
  command(site) {
    const { folder } = site;
    // Apache's workers are another user, and read what lies here.
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, 'www/private'), { recursive: true });
    const echo = (variable: string) => `"<!--#echo encoding="none" var="${variable}" -->"`;
    const shown = CLAIMS.map((claim) => `"${claim}":${echo(`OIDC_CLAIM_${claim}`)}`);
    writeFileSync(
      join(folder, 'www/private/index.html'),
      `{${shown.join(',')},"access_token":${echo('OIDC_access_token')}}`,
    );
    writeFileSync(join(folder, 'www/index.html'), 'ready');
    writeFileSync(join(folder, 'www/signed-out.html'), 'signed out');
    writeFileSync(join(folder, 'httpd.conf'), configuration(site));
    return ['/usr/sbin/apache2', '-X', '-f', join(folder, 'httpd.conf')];
  },
  refresh: (origin, accessToken) =>
    `${origin}/private/redirect_uri?${new URLSearchParams({ refresh: `${origin}/private/`, access_token: accessToken })}`,
  leave: (origin) =>
    `${origin}/private/redirect_uri?${new URLSearchParams({ logout: `${origin}/signed-out.html` })}`,
};

const configuration = ({ issuer, clientId, secret, port, folder }: Site): string => `
ServerRoot ${folder}
ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${folder}/pid
ErrorLog ${folder}/log
${process.getuid?.() === 0 ? 'User www-data\nGroup www-data' : ''}
${CORE_MODULES.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join('\n')}
LoadModule auth_openidc_module ${MODULES}/mod_auth_openidc.so
DocumentRoot ${folder}/www
DirectoryIndex index.html
<Directory ${folder}/www>
  Options +Includes
  SetOutputFilter INCLUDES
  ForceType "text/html; charset=utf-8"
  Require all granted
</Directory>
OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration
OIDCClientID ${clientId}
OIDCClientSecret ${secret}
OIDCRedirectURI http://localhost:${port}/private/redirect_uri
OIDCCryptoPassphrase a-passphrase-of-this-test-alone
OIDCScope "openid profile phone"
OIDCPKCEMethod S256
<Location /private/>
  AuthType openid-connect
  Require valid-user
</Location>
`;

/** Debian's own, which sees Debian's packages; a developer's PATH may begin with another one. */
const PYTHON = '/usr/bin/python3';

export const authlib: Software = {
  name: 'Flask with Authlib',
  installed: () => spawnSync(PYTHON, ['-c', 'import authlib, flask, requests']).status === 0,
  registration: (origin) => ({
    redirect_uris: [`${origin}/callback`],
    post_logout_redirect_uris: [`${origin}/signed-out`],
    backchannel_logout_uri: `${origin}/backchannel-logout`,
  }),
  command: () => [PYTHON, '-B', join(import.meta.dirname, 'authlib_site.py')],
  refresh: (origin) => `${origin}/refresh`,
  leave: (origin) => `${origin}/leave`,
};
