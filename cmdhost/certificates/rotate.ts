import { type X509Certificate } from 'node:crypto';
import type { CmdhostConfig } from '../../shared/config/cmdhost.ts';
import type { Clock } from '../../shared/time/clock.ts';
import { createTokenCredential } from '../token.ts';
import { loadCertificate, loadClientKey, nextOf } from './client-key.ts';
import { replaceFile } from './files.ts';
import { type GraphClient, GraphError, keyIdOf } from './graph-client.ts';
import { makeCertificate } from './make-certificate.ts';
import { proofOfPossession } from './proof.ts';
import { openRotationStore, type RotationState, type RotationStore, type Step } from './rotation-state.ts';
import { subjectOf } from './subject.ts';
import { switchFiles } from './switch-files.ts';
import { thumbprints } from './thumbprints.ts';

/** A directory tells its replicas of a new certificate within minutes; until then some of them do not know it. */
const PROPAGATION_MS = 5 * 60_000;
const PROPAGATION_POLL_MS = 5_000;

export interface RotateOptions {
  readonly config: CmdhostConfig;
  readonly days: number;
  /** Rotate only if the certificate ends within this time. */
  readonly ifExpiresWithinMs: number | undefined;
  /** The id of the certificate in use, where neither an earlier rotation nor the directory tells it. */
  readonly oldKeyId: string | undefined;
  /** Asks as the identity given, which is that of the old or of the new key. */
  readonly graph: (identity: Identity) => GraphClient;
  readonly clock: Clock;
  readonly pause: (delayMs: number) => Promise<void>;
  /** Told after each step, once it is on the disk. */
  readonly onStep: (step: Step) => void;
}

export type Rotated =
  | { readonly outcome: 'not-due'; readonly expiresAt: Date }
  | {
      readonly outcome: 'rotated';
      readonly certificate: X509Certificate;
      /** Why the old certificate is still registered; undefined when it was removed. */
      readonly oldLeft: string | undefined;
    };

type Identity = CmdhostConfig['identity'];
type FullIdentity = Identity & { readonly certificateFile: string };

/**
 * Exchanges key and certificate for new ones: made beside the old, registered in the directory, proven by a token, only then put in
 * their place; the old certificate is removed last. A rotation that broke off anywhere is taken up where it was.
 * @throws {Error} in a sentence; the workstation's identity works at any time, by the old key or by the new one
 */
export async function rotate(options: RotateOptions): Promise<Rotated> {
  const { certificateFile } = options.config.identity;
  if (!certificateFile)
    throw new Error('identity.certificateFile is missing: without a certificate there is nothing to rotate');
  const identity: FullIdentity = { ...options.config.identity, certificateFile };
  const store = openRotationStore(certificateFile);
  try {
    const found = await store.state();
    const { certificate } = await loadClientKey(identity);
    const expiresAt = certificate?.validToDate ?? options.clock.now();
    if (!found && !isDue(expiresAt, options)) return { outcome: 'not-due', expiresAt };
    return await new Rotation(identity, store, options).finish(found);
  } finally {
    store.close();
  }
}

/** Whether a certificate that ends then is to be replaced now. */
export function isDue(
  expiresAt: Date,
  { ifExpiresWithinMs, clock }: Pick<RotateOptions, 'ifExpiresWithinMs' | 'clock'>,
): boolean {
  return ifExpiresWithinMs === undefined || expiresAt.getTime() - clock.now().getTime() <= ifExpiresWithinMs;
}

class Rotation {
  readonly #identity: FullIdentity;
  readonly #next: FullIdentity;
  readonly #store: RotationStore;
  readonly #options: RotateOptions;

  constructor(identity: FullIdentity, store: RotationStore, options: RotateOptions) {
    this.#identity = identity;
    this.#next = {
      ...identity,
      privateKeyFile: nextOf(identity.privateKeyFile),
      certificateFile: nextOf(identity.certificateFile),
    };
    this.#store = store;
    this.#options = options;
  }

  async finish(found: RotationState | undefined): Promise<Rotated> {
    let state = found ?? (await this.#make());
    if (state.step === 'made') state = await this.#register(state, found !== undefined);
    if (state.step === 'registered') state = await this.#prove(state);
    if (state.step === 'proven') state = await this.#switch(state);
    const oldLeft = await this.#removeOld(state);
    const { newThumbprint: thumbprint, newKeyId: keyId } = state;
    await this.#store.finish(keyId === undefined ? undefined : { thumbprint, keyId });
    return {
      outcome: 'rotated',
      certificate: await loadCertificate(this.#identity.certificateFile),
      oldLeft,
    };
  }

  async #make(): Promise<RotationState> {
    const { clock, days, oldKeyId } = this.#options;
    const old = await loadCertificate(this.#identity.certificateFile);
    const oldThumbprint = thumbprints(old).sha256;
    const registered = await this.#store.registered();
    const known = registered?.thumbprint === oldThumbprint ? registered.keyId : undefined;
    const asked = await this.#options.graph(this.#identity).registration();
    const objectId = this.#identity.objectId ?? asked?.id;
    if (!objectId)
      throw new Error(
        'identity.objectId is missing: put the "Object ID" of the app registration there (Entra admin centre, Overview)',
      );
    // The new certificate is for whom the old one was.
    const made = await makeCertificate({ subject: subjectOf(old), days, now: clock.now() });
    const { privateKeyFile, certificateFile } = this.#identity;
    await replaceFile({
      path: this.#next.privateKeyFile,
      content: made.privateKeyPem,
      secret: true,
      like: privateKeyFile,
    });
    await replaceFile({
      path: this.#next.certificateFile,
      content: made.certificatePem,
      secret: false,
      like: certificateFile,
    });
    return this.#save({
      schemaVersion: 1,
      step: 'made',
      startedAt: clock.now().toISOString(),
      objectId,
      oldThumbprint,
      newThumbprint: thumbprints(await loadCertificate(this.#next.certificateFile)).sha256,
      oldKeyId: oldKeyId ?? known ?? (asked && keyIdOf(old, asked)),
    });
  }

  /** @param again an earlier try may have registered the certificate and died before it was written down */
  async #register(state: RotationState, again: boolean): Promise<RotationState> {
    const certificate = await loadCertificate(this.#next.certificateFile);
    if (again && (await this.#hasToken(this.#next))) return this.#registered(state, certificate, undefined);
    const graph = this.#options.graph(this.#identity);
    const proof = await this.#proof(this.#identity, state);
    try {
      return await this.#registered(state, certificate, await graph.addKey(certificate, proof));
    } catch (error) {
      // Refused as known already, though no replica asked above knew it yet: the proof that follows decides.
      if (again && error instanceof GraphError && [400, 409].includes(error.status))
        return this.#registered(state, certificate, undefined);
      throw error;
    }
  }

  async #registered(
    state: RotationState,
    certificate: X509Certificate,
    keyId: string | undefined,
  ): Promise<RotationState> {
    const asked = keyId === undefined ? await this.#options.graph(this.#identity).registration() : undefined;
    return this.#save({
      ...state,
      step: 'registered',
      newKeyId: keyId ?? (asked && keyIdOf(certificate, asked)),
    });
  }

  async #prove(state: RotationState): Promise<RotationState> {
    const { scope, tokenEndpoint } = this.#identity;
    await this.#untilKnown(async () => {
      await (await createTokenCredential(this.#next)).getToken(scope);
    }, `${tokenEndpoint} gives no token for the new certificate yet; run the command again later, it goes on from here`);
    return this.#save({ ...state, step: 'proven' });
  }

  async #switch(state: RotationState): Promise<RotationState> {
    await switchFiles(this.#identity, state.newThumbprint);
    return this.#save({ ...state, step: 'switched' });
  }

  /** @returns why the old certificate stays registered, or undefined */
  async #removeOld(state: RotationState): Promise<string | undefined> {
    const { oldKeyId } = state;
    if (oldKeyId === undefined)
      return 'its id is not known; remove it in the Entra admin centre, or name it next time by --old-key-id';
    const graph = this.#options.graph(this.#identity);
    try {
      await this.#untilKnown(
        async () => graph.removeKey(oldKeyId, await this.#proof(this.#identity, state)),
        'the old certificate cannot be removed yet; run the command again later, it goes on from here',
      );
      return undefined;
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
      const asked = await graph.registration();
      if (asked && !asked.keyCredentials.some(({ keyId }) => keyId === oldKeyId)) return undefined;
      return error.message;
    }
  }

  /** Tries until the directory's replicas know the new certificate; what is no refusal of who asks is thrown at once. */
  async #untilKnown(work: () => Promise<void>, tooLate: string): Promise<void> {
    const { clock, pause } = this.#options;
    const until = clock.now().getTime() + PROPAGATION_MS;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof GraphError && error.status !== 401) throw error;
        if (clock.now().getTime() >= until) throw new Error(tooLate, { cause: error });
        await pause(PROPAGATION_POLL_MS);
      }
    }
  }

  async #hasToken(identity: Identity): Promise<boolean> {
    const credential = await createTokenCredential(identity);
    return credential.getToken(identity.scope).then(
      () => true,
      () => false,
    );
  }

  async #proof(identity: Identity, { objectId }: RotationState): Promise<string> {
    return proofOfPossession(await loadClientKey(identity), objectId, this.#options.clock.now());
  }

  async #save(state: RotationState): Promise<RotationState> {
    await this.#store.save(state);
    this.#options.onStep(state.step);
    return state;
  }
}
