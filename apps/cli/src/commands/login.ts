import { ROLES } from '@meridian/access';
import { defaultStackFolder, issueToken, type RunningStack } from '@meridian/local-stack';
import { CommanderError, Option, type Command } from 'commander';
import { wholeNumber } from '../arguments.ts';
import { runningStack } from '../connect.ts';
import { say } from '../output.ts';
import { keptFiles, loginAtIssuer, type IssuerLoginOptions } from './issuer-login/login-at-issuer.ts';
import { keepToken } from './keep-token.ts';

const DEFAULT_MINUTES = 60;
const MAX_MINUTES = 12 * 60;

/** Who logs in at the development issuer. */
export interface LoginOptions {
  readonly role: readonly string[];
  readonly customer?: string;
  readonly minutes: number;
}

/** What a person may type: for the development issuer, or for another. */
type TypedOptions = Partial<LoginOptions> & Partial<IssuerLoginOptions>;

/** Adds `meridian login`. */
export function registerLogin(program: Command, signal: AbortSignal): void {
  const development = 'of the development issuer';
  const other = 'with --issuer';
  program
    .command('login')
    .description('keep a token for later commands: of the development issuer, or of any OIDC issuer')
    .addOption(
      new Option('--role <role...>', `the roles that the token has; ${development}`)
        .choices(ROLES.filter((role) => role !== 'service'))
        .conflicts('issuer'),
    )
    .addOption(
      new Option(
        '--customer <id>',
        `the id of the customer, for the role customer; ${development}`,
      ).conflicts('issuer'),
    )
    .addOption(
      new Option(
        '--minutes <n>',
        `for how many minutes the token is valid; ${development} (default: ${DEFAULT_MINUTES})`,
      )
        .argParser(wholeNumber)
        .conflicts('issuer'),
    )
    .option('--issuer <url>', 'an OIDC issuer; its tokens have to be those that the services take')
    .option('--client-id <id>', `the client, as the issuer knows it; ${other}`)
    .option(
      '--client-secret-file <file>',
      `the client’s secret; without --device, the client itself logs in; ${other}`,
    )
    .option('--device', `a person confirms a code on another device; ${other}`, false)
    .option('--scope <scopes>', `scopes to ask for; ${other}`)
    .option('--audience <name>', `for whom the token shall be, as the parameter audience; ${other}`)
    .option('--resource <uri>', `the same as the parameter resource (RFC 8707); ${other}`)
    .action((options: TypedOptions) => loginAs(options, signal));
}

async function loginAs(options: TypedOptions, signal: AbortSignal): Promise<void> {
  const { issuer, device = false, role, customer, minutes = DEFAULT_MINUTES } = options;
  if (issuer !== undefined) {
    const files = keptFiles(defaultStackFolder(), process.env);
    return loginAtIssuer({ ...options, issuer, device }, files, signal);
  }
  if (role === undefined)
    throw new CommanderError(1, 'meridian.login', 'name --role ROLE, or an issuer: --issuer URL');
  return login(runningStack(), { role, minutes, ...(customer === undefined ? {} : { customer }) });
}

/** Signs a token and keeps it in the stack's folder, where only its owner reads it. */
export async function login(
  stack: Pick<RunningStack, 'access' | 'folder'>,
  { role: roles, customer: customerId, minutes }: LoginOptions,
): Promise<void> {
  const { access, folder } = stack;
  const problem = problemOf({ roles, customerId, minutes, isClosed: access !== undefined });
  if (!access || problem !== undefined) throw new CommanderError(1, 'meridian.login', problem ?? '');
  keepToken(access, await issueToken(folder, { roles, customerId, validS: minutes * 60 }));
  say(`a token for ${roles.join(' and ')} is in ${access.tokenFile}, and valid for ${minutes} minutes`);
}

function problemOf(wish: {
  readonly roles: readonly string[];
  readonly customerId: string | undefined;
  readonly minutes: number;
  readonly isClosed: boolean;
}): string | undefined {
  if (!wish.isClosed)
    return 'this stack is open and needs no token: `meridian up --secure` starts a closed one';
  if (wish.minutes < 1 || wish.minutes > MAX_MINUTES) return `--minutes must be from 1 to ${MAX_MINUTES}`;
  if (wish.roles.includes('customer') && wish.customerId === undefined)
    return 'the role customer needs the id of a customer: --customer ID';
  return undefined;
}
