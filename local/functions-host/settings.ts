import { HostStartError } from './errors.ts';

/** App settings: plain environment variables. */
export type Settings = Readonly<Record<string, string | undefined>>;

/** Replaces `%NAME%` by the app setting NAME, as Azure does in binding values. Throws HostStartError for one that is not set. */
export function resolveSettings(text: string, settings: Settings, functionName: string): string {
  return text.replaceAll(/%([^%]+)%/g, (_match, name: string) => {
    const value = settings[name];
    if (value === undefined) {
      throw new HostStartError(
        `function "${functionName}": the app setting ${name} (in "${text}") is not set`,
      );
    }
    return value;
  });
}
