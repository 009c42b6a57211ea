import type { Credential } from '../token/credential.ts';
import type { Grant } from '../token/token-request.ts';
import type { ExchangeGrant, StandardExchange } from './schema.ts';

/**
 * The grant of one exchange: RFC 8693 section 2.1, or an assertion (RFC 7523 section 2.1) in the on-behalf-of flow of Entra ID.
 *
 * @param actor the gateway's own token; undefined without `actorToken`.
 */
export function toGrant(options: ExchangeGrant, subject: Credential, actor: Credential | undefined): Grant {
  const token = subject.clientSecret.reveal();
  if (options.method === 'entraID')
    return {
      type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      parameters: [
        ['assertion', token],
        ['requested_token_use', 'on_behalf_of'],
      ],
    };
  return {
    type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    parameters: [
      ['subject_token', token],
      ['subject_token_type', options.subjectTokenType],
      ...toActorParameters(options, actor),
      ...options.audience.map((audience) => ['audience', audience] as const),
      ...(options.requestedTokenType === undefined
        ? []
        : [['requested_token_type', options.requestedTokenType] as const]),
    ],
  };
}

function toActorParameters(
  { actorToken }: StandardExchange,
  actor: Credential | undefined,
): Grant['parameters'] {
  if (actorToken === undefined || actor === undefined) return [];
  return [
    ['actor_token', actor.clientSecret.reveal()],
    ['actor_token_type', actorToken.tokenType],
  ];
}
